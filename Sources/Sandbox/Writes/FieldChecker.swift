// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Walks a value beside its schema: drops unknown fields, notes the first value of a wrong type.
struct FieldChecker {
    let kind: String
    var unknown: [String] = []
    var mismatch: String?
    /// The Go type that a value does not fit, and the value, where the mismatch is one of types.
    private(set) var misfit: (type: String, value: Value)?

    init(kind: String) { self.kind = kind }

    mutating func known(_ value: Value, _ schema: Schema) -> Value { known(value, schema, "", GoPath(owner: kind)) }

    private mutating func known(_ value: Value, _ schema: Schema, _ path: String, _ goPath: GoPath) -> Value {
        switch (schema.resolved(for: value), value) {
        case (_, .null): return value
        case (.list(let item, _), .array(let items)):
            var result: [Value] = []
            for (index, element) in items.enumerated() {
                result.append(known(element, item, "\(path)[\(index)]", goPath.inside()))
            }
            return .array(result)
        case (.map(let element, _), .object(let object)):
            var result = Object()
            for pair in object.pairs {
                result[pair.key] = known(pair.value, element, Self.join(path, pair.key), goPath.inside())
            }
            return .object(result)
        case (.record(let fields, _, let rest), .object(let object)):
            let goPath = goPath.entering(schema)
            var result = Object()
            for pair in object.pairs {
                let below = Self.join(path, pair.key)
                if let field = fields.first(where: { $0.name == pair.key })?.schema ?? rest {
                    result[pair.key] = known(pair.value, field, below, goPath.appending(pair.key))
                } else {
                    unknown.append(below)
                }
            }
            return .object(result)
        case (.scalar(let scalar), _): note(scalar, value, goPath)
        case (.list, _), (.map, _), (.record, _): note(goPath.goType, value, goPath)
        default: break
        }
        return value
    }

    private static func jsonType(_ value: Value) -> String {
        switch value {
        case .bool: "bool"
        case .array: "array"
        case .object: "object"
        default: value.typeName
        }
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private mutating func note(_ scalar: Schema.Scalar, _ value: Value, _ goPath: GoPath) {
        switch (scalar, value) {
        case (.string, .string), (.boolean, .bool): return
        case (.integer, .integer(let number)):
            guard goPath.goType == "int32", Int32(exactly: number) == nil else { return }
            note("int32", value, goPath, got: "number \(number)")
        case (.numeric, .integer), (.numeric, .number): return
        case (.integer, .number(let text)): note(goPath.goType, value, goPath, got: "number \(text)")
        case (.any, .string), (.any, .integer): return
        case (.any, .number(let text)):
            if mismatch == nil, goPath.isIntOrString {
                mismatch = "json: cannot unmarshal number \(text) into Go value of type int32"
            }
        case (.any, _):
            // `IntOrString` decodes itself.
            guard mismatch == nil, goPath.isIntOrString else { return }
            mismatch = "json: cannot unmarshal \(Self.jsonType(value)) into Go value of type int32"
        case (.quantity, .string(let text)):
            guard Quantity(text) == nil, mismatch == nil else { return }
            mismatch =
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case (.quantity, _): return
        case (.time, .string(let text)), (.microTime, .string(let text)):
            let layout = scalar == .time ? GoTime.seconds : GoTime.microseconds
            if mismatch == nil { mismatch = GoTime.problem(text, layout: layout) }
        case (.time, _), (.microTime, _):
            // Times decode themselves too.
            if mismatch == nil {
                mismatch = "json: cannot unmarshal \(Self.jsonType(value)) into Go value of type string"
            }
        case (.string, _), (.integer, _), (.numeric, _), (.boolean, _): note(goPath.goType, value, goPath)
        }
    }

    private mutating func note(_ type: String, _ value: Value, _ path: GoPath, got: String? = nil) {
        guard mismatch == nil else { return }
        misfit = (type, value)
        mismatch =
            "json: cannot unmarshal \(got ?? Self.jsonType(value)) into Go struct field \(path.text) of type \(type)"
    }
}

/// Where a value goes in the server's Go types, as its decoder names it: the struct that has the field, and the path.
struct GoPath {
    var owner: String
    var path: [String] = []
    /// Of what stands here.
    private var shape: ObjectType.Shape?
    /// The struct that has the field; nil for an item of a list or map.
    private var holder: String?
    private var type = ""

    init(owner: String) { self.owner = owner }

    /// The struct and the field: `Container.imagePullPolicy`. Made only for a value that does not fit.
    private var place: String {
        guard let holder, let field = path.last else { return "" }
        return "\(holder).\(field)"
    }

    var text: String { ([owner] + path).joined(separator: ".") }

    func entering(_ schema: Schema) -> GoPath {
        guard case .named(let name) = schema, let dot = name.lastIndex(of: ".") else { return self }
        var result = self
        result.owner = String(name[name.index(after: dot)...])
        result.type = name
        return result
    }

    func appending(_ key: String) -> GoPath {
        var result = self
        result.path.append(key)
        result.holder = owner
        result.shape = TypeTable.builtIn.type(named: type)?.field(key)?.shape
        return result
    }

    /// An item of the list or map that stands here.
    func inside() -> GoPath {
        var result = self
        switch shape {
        case .list(let item), .map(let item): result.shape = item
        default: result.shape = nil
        }
        result.holder = nil
        return result
    }

    var isIntOrString: Bool { shape == .intOrString }

    var goType: String {
        let named = Self.namedTypes[place] ?? Self.namedTypes[path.last ?? ""]
        switch shape {
        case .string where !place.isEmpty: return named.map { "v1.\($0)" } ?? "string"
        case .list(.string): return "[]\(named.map { "v1.\($0)" } ?? "string")"
        case .map(.quantity): return "v1.ResourceList"
        case .some(let shape): return Self.goType(shape)
        case nil: return "string"
        }
    }

    private static func goType(_ shape: ObjectType.Shape) -> String {
        switch shape {
        case .string: "string"
        case .bytes: "[]uint8"
        case .boolean: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .quantity: "resource.Quantity"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .intOrString: "intstr.IntOrString"
        case .freeObject, .any: "map[string]interface {}"
        case .type(let name): name.split(separator: ".").suffix(2).joined(separator: ".")
        case .list(let item): "[]\(goType(item))"
        case .map(let item): "map[string]\(goType(item))"
        }
    }

    /// Texts with a type of their own, by field, or by struct and field where the name alone says too little.
    private static let namedTypes: [String: String] = [
        "Container.restartPolicy": "ContainerRestartPolicy", "CronJobSpec.concurrencyPolicy": "ConcurrencyPolicy",
        "DeploymentStrategy.type": "DeploymentStrategyType",
        "DaemonSetUpdateStrategy.type": "DaemonSetUpdateStrategyType",
        "HTTPGetAction.scheme": "URIScheme", "HTTPIngressPath.pathType": "PathType", "LimitRangeItem.type": "LimitType",
        "NodeSelectorRequirement.operator": "NodeSelectorOperator",
        "LabelSelectorRequirement.operator": "LabelSelectorOperator",
        "PodSpec.restartPolicy": "RestartPolicy", "SeccompProfile.type": "SeccompProfileType",
        "Secret.type": "SecretType",
        "ServiceSpec.type": "ServiceType", "StatefulSetUpdateStrategy.type": "StatefulSetUpdateStrategyType",
        "Toleration.effect": "TaintEffect", "Toleration.operator": "TolerationOperator",
        "accessModes": "PersistentVolumeAccessMode",
        "dnsPolicy": "DNSPolicy", "externalTrafficPolicy": "ServiceExternalTrafficPolicy",
        "imagePullPolicy": "PullPolicy",
        "internalTrafficPolicy": "ServiceInternalTrafficPolicy", "ipFamilies": "IPFamily",
        "ipFamilyPolicy": "IPFamilyPolicy",
        "medium": "StorageMedium", "mountPropagation": "MountPropagationMode",
        "persistentVolumeReclaimPolicy": "PersistentVolumeReclaimPolicy",
        "podManagementPolicy": "PodManagementPolicyType",
        "policyTypes": "PolicyType", "preemptionPolicy": "PreemptionPolicy", "protocol": "Protocol",
        "sessionAffinity": "ServiceAffinity", "terminationMessagePolicy": "TerminationMessagePolicy",
        "volumeMode": "PersistentVolumeMode", "whenUnsatisfiable": "UnsatisfiableConstraintAction",
        "completionMode": "CompletionMode", "podReplacementPolicy": "PodReplacementPolicy",
    ]
}
