// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "graph/scalar.h"
#include "graph/slot.h"
#include "graph/value.h"

/// The contract of a node type: its ports, properties and needs, declared once as constants of the node's class and
/// read by the validator, `decoupage inspect`, the JSON schema and docs/nodes.md.
namespace graph {

/// An input port. T is the type on the link; In<Value> takes any type.
template <class T>
struct In {
  const char* name;
  const char* shape;  ///< for people: "(H,W,3) f32 RGB in [0,1]"
  bool optional = false;
  bool closes = false;  ///< what comes here is differentiated: a history that began with an `optimised` state ends here
};

/// An input that takes several links, in the order written, of a T each or of a list, which counts as its elements; a
/// place stays empty where nothing came.
template <class T>
struct Ins {
  const char* name;
  const char* shape;
  bool optional = false;  ///< it need not be linked
  bool closes = false;    ///< as of In
};

/// An input that collects the packets of many items: the node runs once when all have come. See Node::keep.
template <class T>
struct Gather {
  const char* name;
  const char* shape;
};

/// An output port. Out<Value> sends a type named by the string property `type_from`, or that of the input `type_of`.
template <class T>
struct Out {
  const char* name;
  const char* shape;
  const char* type_from = "";
  const char* type_of = "";
  const char* given = "";  ///< a property: it sends only where that is written or fed
  /// What it sends is a loop's next state, and a history begins with it there: see In::closes.
  bool optimised = false;
};

namespace detail {
template <class T>
struct PropTraits {
  using Literal = T;
};
template <>
struct PropTraits<std::string> {
  using Literal = const char*;
};
template <>
struct PropTraits<Path> {
  using Literal = const char*;
};
template <>
struct PropTraits<Data> {
  using Literal = const char*;  ///< JSON
};
template <>
struct PropTraits<Pattern> {
  using Literal = const char*;
};
template <class T>
constexpr Kind prop_kind() {
  if constexpr (std::is_same_v<T, bool>) return Kind::kBool;
  else if constexpr (std::is_integral_v<T>) return Kind::kInt;
  else if constexpr (std::is_floating_point_v<T>) return Kind::kFloat;
  else if constexpr (std::is_same_v<T, std::string>) return Kind::kString;
  else if constexpr (std::is_same_v<T, Path>) return Kind::kPath;
  else if constexpr (std::is_same_v<T, Pattern>) return Kind::kPattern;
  else if constexpr (std::is_same_v<T, Data>) return Kind::kData;
  else return Kind::kRamp;
}
}  // namespace detail

/// A property. T is int, int64_t, double, bool, std::string, Path, Pattern, Ramp or Data. Without a `value` it must be
/// given. Data has a `shape`.
///   static constexpr graph::Prop<int> kWidth{.name = "width", .help = "of the result", .value = 512, .min = 1, .unit =
///   "px"};
template <class T>
struct Prop {
  const char* name;
  const char* help;
  std::optional<typename detail::PropTraits<T>::Literal> value{};
  std::optional<double> min{};
  std::optional<double> max{};
  const char* unit = "";
  const char* choices = "";  ///< "area|linear|lanczos"
  bool feedable = true;      ///< whether a link may feed it; never a pattern, a ramp or data
  Shape (*shape)() = nullptr;
  bool files = false;  ///< a text that names files, as file_list() has them: records keep their paths as those of Path
};

struct InSpec {
  std::string name;
  const ValueType* type;  ///< null: any
  std::string shape;
  bool optional = false;
  bool gather = false;
  bool several = false;  ///< takes several links
  bool closes = false;
  bool either = false;  ///< one of those that say so is linked, and no other
};

struct OutSpec {
  std::string name;
  const ValueType* type;  ///< null: named by the property `type_from`
  std::string shape;
  std::string type_from;
  std::string type_of;
  std::string given;
  bool optimised = false;
};

/// What a node keeps from call to call.
struct SlotSpec {
  std::string cpp_name{};           ///< std::type_info::name() of what Context::slot<T>() gives; "": it has none
  const ValueType* type = nullptr;  ///< the same where it travels on links, so that it may be kept; null: it does not
  bool cache = false;               ///< it only saves work
};

struct PropSpec {
  std::string name;
  Kind kind;
  std::string help;
  std::string unit;
  std::optional<Scalar> value;  ///< the default; none: it must be given
  Range range;
  bool feedable = true;
  bool files = false;
};

/// Declared by each node type as `static graph::Contract contract()`:
///   return Contract("resize", "Resizes a picture.", kImage, kResized, kWidth).family("image");
class Contract {
 public:
  template <class... Parts>
  Contract(std::string type, std::string about, const Parts&... parts)
      : type_(std::move(type)), about_(std::move(about)) {
    (add(parts), ...);
    fix_types();
  }

  /// The group under which inspect and docs/nodes.md list it: "image", "sampling", …
  Contract&& family(std::string name) &&;
  /// What a call occupies while it runs: "cpu" (default), "io", "gpu" or a name of its own; limits are per resource and
  /// shared by all nodes that name it.
  Contract&& resource(std::string name) &&;
  /// At most `limit` calls of one graph node at a time (default: as many as its resource allows).
  Contract&& concurrency(int limit) &&;
  /// One call may take ready packets with equal batch keys, up to `limit` rows: see Node::process_batch, Node::rows.
  Contract&& batch(int limit) &&;
  /// Rows of one batch may come from node objects with other swept properties: process_batch reads each row's own from
  /// Context::node(). Without this, only packets of the same object share a call.
  Contract&& mixed_properties() &&;
  /// No link may feed its properties: what it makes is to be known before a run.
  Contract&& fixed_properties() &&;
  /// When the node is inactive, `out` passes on what came in at `in`.
  template <class T>
  Contract&& bypass(const Out<T>& out, const In<T>& in) && {
    return std::move(*this).add_bypass(out.name, in.name);
  }
  /// Of two inputs one is linked, whichever it is; it is needed as one that is not optional.
  template <class A, class B>
  Contract&& either(const In<A>& a, const In<B>& b) && {
    for (const char* name : {a.name, b.name}) ins_.at(find_in(name)).either = ins_.at(find_in(name)).optional = true;
    return std::move(*this);
  }
  /// The node finishes its calls later, from another thread: see Context::defer.
  Contract&& defers() &&;
  /// A call is worth making though nobody reads what it sends: it shows, logs or does something. A node without outputs
  /// and one that names files are so anyway; of any other that nobody reads people are told.
  Contract&& sink() &&;
  /// Its calls keep a T from one to the next: Context::slot<T>(). Where T travels on links (DECOUPAGE_VALUE) and is
  /// kept (Registry::keep), the node may stand in a loop with checkpoints.
  template <class T>
  Contract&& slot() && {
    slot_ = {typeid(T).name(), nullptr, false};
    if constexpr (detail::kTravels<T>) slot_.type = &value_type<T>();
    return std::move(*this);
  }
  /// The same of what only saves work: the results are the same bits without it. Checkpoints leave it out.
  template <class T>
  Contract&& cache() && {
    slot_ = {typeid(T).name(), nullptr, true};
    return std::move(*this);
  }
  /// Its calls can record: with Context::records() what it sends depends on what came in such a way that gradients can
  /// be taken back through it. The plan says which calls do.
  Contract&& differentiable() &&;
  /// A paste-able line of YAML.
  Contract&& example(std::string yaml) &&;

  const std::string& type() const { return type_; }
  const std::string& about() const { return about_; }
  const std::string& family() const { return family_; }
  const std::string& resource() const { return resource_; }
  const std::string& example() const { return example_; }
  int concurrency() const { return concurrency_; }
  int batch() const { return batch_; }
  bool has_mixed_properties() const { return mixed_properties_; }
  bool deferred() const { return deferred_; }
  /// Whether calls do something besides sending.
  bool is_sink() const { return sink_; }
  const SlotSpec& slot_spec() const { return slot_; }
  bool is_differentiable() const { return differentiable_; }
  /// Whether it has an input that closes a history.
  bool closes() const;
  /// Whether its nodes take values that links feed without being made anew: Node::bind.
  bool binds() const { return binds_; }
  const std::vector<InSpec>& ins() const { return ins_; }
  const std::vector<OutSpec>& outs() const { return outs_; }
  const std::vector<PropSpec>& props() const { return props_; }
  /// (out, in) by index.
  const std::vector<std::pair<int, int>>& bypasses() const { return bypasses_; }

  /// Index by name, or -1.
  int find_in(const std::string& name) const;
  int find_out(const std::string& name) const;
  int find_prop(const std::string& name) const;

  /// Throws std::logic_error when the contract itself is wrong: a name twice, a reserved name, a default out of range.
  void verify() const;

 private:
  friend class ContractReader;
  friend class Registry;
  Contract() = default;

  template <class T>
  static const ValueType* type_or_any() {
    if constexpr (std::is_same_v<T, Value>) return nullptr;
    else return &value_type<T>();
  }
  template <class T>
  void add(const In<T>& in) {
    ins_.push_back({in.name, type_or_any<T>(), in.shape, in.optional, false, false, in.closes});
  }
  template <class T>
  void add(const Ins<T>& in) {
    ins_.push_back({in.name, type_or_any<T>(), in.shape, in.optional, false, true, in.closes});
  }
  template <class T>
  void add(const Gather<T>& in) {
    ins_.push_back({in.name, type_or_any<T>(), in.shape, false, true});
  }
  template <class T>
  void add(const Out<T>& out) {
    outs_.push_back({out.name, type_or_any<T>(), out.shape, out.type_from, out.type_of, out.given, out.optimised});
  }
  template <class T>
  void add(const Prop<T>& prop) {
    PropSpec spec{prop.name,    detail::prop_kind<T>(),   prop.help,     prop.unit,
                  std::nullopt, {prop.min, prop.max, {}}, prop.feedable, prop.files};
    if (spec.kind >= Kind::kPattern) spec.feedable = false;
    if (prop.shape) spec.range.shape = made_shape(prop.shape);
    if (prop.value) {
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
        spec.value = static_cast<std::int64_t>(*prop.value);
      else if constexpr (std::is_same_v<T, Data>) spec.value = default_data(*prop.value, spec.range);
      else spec.value = T{*prop.value};
    }
    add_prop(std::move(spec), prop.choices);
  }
  static std::shared_ptr<const Shape> made_shape(Shape (*make)());
  static Data default_data(const char* json, const Range& range);
  void add_prop(PropSpec spec, const std::string& choices);
  void fix_types();
  Contract&& add_bypass(const std::string& out, const std::string& in) &&;

  std::string type_, about_, family_ = "other", resource_ = "cpu", example_;
  int concurrency_ = 0, batch_ = 1;
  bool mixed_properties_ = false, deferred_ = false, binds_ = false, sink_ = false, differentiable_ = false;
  SlotSpec slot_;
  std::vector<InSpec> ins_;
  std::vector<OutSpec> outs_;
  std::vector<PropSpec> props_;
  std::vector<std::pair<int, int>> bypasses_;
};

/// What a link feeds to a property, as a property's value: an int, a float, a bool, a string or a path. Throws
/// std::logic_error for a value of another type.
Scalar scalar_of(const Value& value);

/// What a node's constructor throws for the value of one property: the fault is told at the place of that value.
class PropertyError : public std::invalid_argument {
 public:
  PropertyError(std::string property, const std::string& what)
      : std::invalid_argument(property + ": " + what), property_(std::move(property)), reason_(what) {}
  ~PropertyError() override;

  const std::string& property() const { return property_; }
  /// Without the property's name.
  const std::string& reason() const { return reason_; }

 private:
  std::string property_, reason_;
};

/// The values of a node's properties, all present, converted and in range.
class Props {
 public:
  Props(const Contract& contract, std::vector<Scalar> values) : contract_(&contract), values_(std::move(values)) {}

  template <class T>
  T get(const Prop<T>& prop) const {
    const Scalar& value = at(prop.name);
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      return static_cast<T>(std::get<std::int64_t>(value));
    else return std::get<T>(value);
  }
  /// What `read` makes of the value; what it throws becomes a PropertyError.
  ///   colour_(props.get(kColour, imaging::colour_named))
  template <class T, class Read>
  auto get(const Prop<T>& prop, const Read& read) const {
    try {
      return read(get(prop));
    } catch (const std::exception& e) {
      throw PropertyError(prop.name, e.what());
    }
  }
  const std::vector<Scalar>& values() const { return values_; }

 private:
  const Scalar& at(const char* name) const;

  const Contract* contract_;
  std::vector<Scalar> values_;
};

}  // namespace graph
