#!/bin/bash
# SPDX-License-Identifier: MIT
# Tries the job scripts of this folder on a Slurm of this machine alone: munge, slurmctld and slurmd in a temporary
# folder, on the loopback interface, torn down at the end. Needs root, and Debian's packages slurm-wlm and munge (which
# nothing else of the project needs): apt-get install --no-install-recommends slurm-wlm munge
#   run_on_one_node.sh [path of decoupage]
set -euo pipefail
here=$(dirname "$(realpath "$0")")
DECOUPAGE=$(realpath "${1:-$here/../../build/decoupage}")
export DECOUPAGE
[ "$(id -u)" -eq 0 ] || { echo "run_on_one_node.sh: needs root: slurmd starts jobs as their users" >&2; exit 2; }
for program in munged slurmctld slurmd sbatch "$DECOUPAGE"; do
  command -v "$program" >/dev/null || { echo "run_on_one_node.sh: there is no $program" >&2; exit 2; }
done

slurm=$(mktemp -d "${TMPDIR:-/tmp}/slurm-XXXXXX")
chmod 755 "$slurm"
daemons=()
tear_down() {
  local code=$? number
  for number in "${daemons[@]}"; do kill "$number" 2>/dev/null || true; done
  for number in "${daemons[@]}"; do wait "$number" 2>/dev/null || true; done
  if [ "$code" -ne 0 ]; then tail -n 20 "$slurm"/log/* "$slurm"/jobs/*.log >&2 2>/dev/null || true; fi
  rm -rf "$slurm"
}
trap tear_down EXIT

mkdir -p "$slurm"/{munge,log,state,spool,jobs}
dd if=/dev/urandom of="$slurm/munge/key" bs=1024 count=1 status=none
chmod 700 "$slurm/munge"
chmod 400 "$slurm/munge/key"
munged --foreground --force --key-file="$slurm/munge/key" --socket="$slurm/munge.socket" --pid-file="$slurm/munge/pid" \
  --seed-file="$slurm/munge/seed" --log-file="$slurm/log/munged" &>"$slurm/log/munged.out" &
daemons+=($!)

export SLURM_CONF=$slurm/slurm.conf
host=$(hostname -s)
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
CredType=cred/munge
SlurmUser=root
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/log/slurmctld
SlurmdLogFile=$slurm/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SchedulerParameters=batch_sched_delay=0,sched_interval=2,requeue_delay=1
MinJobAge=3600
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -D &>"$slurm/log/slurmctld.out" &
daemons+=($!)
slurmd -D &>"$slurm/log/slurmd.out" &
daemons+=($!)

until_true() { # SECONDS WHAT COMMAND…
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "run_on_one_node.sh: waited too long until $what" >&2; return 1; }
    sleep 0.3
  done
}
node_is_idle() { [ "$(sinfo -h -o %T)" = idle ]; }
state_of() { scontrol show job "$1" | grep -oE 'JobState=[A-Z_]+' | sort -u | tr '\n' ' '; }
has_ended() { [ "$(state_of "$1")" = 'JobState=COMPLETED ' ] || state_of "$1" | grep -qE 'FAILED|CANCELLED|NODE_FAIL'; }
has_pictures() { [ "$(find out -name '0*.png' | wc -l)" -ge "$1" ]; }
until_true 30 "the node is idle" node_is_idle
sinfo --noheader

cd "$slurm/jobs"
seeds=0..119
echo "== a run in three shards, and the merge behind it"
read -r render merge < <("$here/submit.sh" 3 "$here/noise.yaml" out --seed $seeds)
echo "submitted: $render (3 shards), $merge (merge)"

until_true 60 "there are pictures" has_pictures 6
echo "== one shard is told that its time is up, as by --signal: it asks for another turn"
scancel --batch --signal=TERM "${render}_1"
echo "== one is requeued from outside, as for preemption"
scontrol requeue "${render}_2" || echo "(it had ended)"

until_true 240 "the merge has ended" has_ended "$merge"
for job in "$render" "$merge"; do
  fields='(JobName=[^ ]+).* (JobState=[^ ]+).* (Restarts=[^ ]+).* (ExitCode=[^ ]+)'
  scontrol --oneliner show job "$job" | sed -E "s/^.*( ArrayTaskId=[0-9]+)?.* $fields.*/\2 \3 \4 \5/"
done
cat "merge-$merge.log"

echo "== beside a run without shards"
"$DECOUPAGE" run "$here/noise.yaml" --seed $seeds --output-dir whole --quiet
for file in whole/0*.png; do cmp "$file" "out/${file#whole/}"; done
test -s out/sheet.png
echo "the same $(find out -name '0*.png' | wc -l) pictures, and the sheet"
