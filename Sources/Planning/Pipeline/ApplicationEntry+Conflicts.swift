// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ApplicationEntry {
    /// `conflicts: force`, or a map with rules.
    static func conflicts(_ fields: StrictMap) -> ConflictPolicy {
        if case .scalar = fields.node["conflicts"]?.content {
            return ConflictPolicy(action: fields.optional("conflicts") ?? .report)
        }
        return fields.map("conflicts") { fields in
            ConflictPolicy(
                action: fields.optional("default") ?? .report, rules: fields.maps("rules", Self.rule),
                takeOver: fields.optional("takeOver") ?? TakeOver.managers)
        } ?? ConflictPolicy()
    }

    private static func rule(_ fields: StrictMap) -> ConflictPolicy.Rule {
        let rule = ConflictPolicy.Rule(
            fields.required("then"), kind: fields.optional("kind", as: KindText.self)?.text,
            name: fields.optional("name"),
            field: fields.optional("field", as: FieldText.self)?.pattern, manager: fields.optional("manager"))
        if fields.node["kind"] == nil, fields.node["name"] == nil, fields.node["field"] == nil,
            fields.node["manager"] == nil
        {
            fields.report("a rule needs a kind, a name, a field or a manager that it is about")
        }
        return rule
    }
}

extension ConflictPolicy.Action: StrictChoice {
    package static var placeholder: Self { .report }
}

/// Fields of an object.
struct FieldText: StrictValue {
    /// Nil in a placeholder only.
    let pattern: FieldPattern?
    static let expectation =
        "the path of a field such as spec.replicas, metadata.annotations[\"example.com/x\"] or "
        + "spec.template.spec.containers[name=api].env[*]"
    static var placeholder: FieldText { FieldText(pattern: nil) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> FieldText? {
        node.value.string.flatMap { FieldPattern($0) }.map { FieldText(pattern: $0) }
    }
}
