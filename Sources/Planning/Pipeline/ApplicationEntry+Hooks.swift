// SPDX-License-Identifier: Apache-2.0

import Manifests

extension ApplicationEntry {
    static func hooks(_ fields: StrictMap) -> [Application.StatedHook] {
        let keys: [(name: String, phase: Hook.Phase)] = [
            ("before", .before), ("after", .after), ("onFailure", .onFailure),
        ]
        let all =
            fields.map("hooks") { fields in
                keys.flatMap { key in
                    (fields.optional(key.name, as: [HookEntry].self) ?? []).map { ($0, key.phase) }
                }
            } ?? []
        var names: Set<String> = []
        return all.map { entry, phase in
            let name = entry.name
            if !name.path.isEmpty, !names.insert(name.value).inserted {
                fields.context.report(
                    "\"\(name.value.prefix(80))\" stands twice: a hook runs in one phase, once", at: name)
            }
            var hook = Application.StatedHook(phase: phase, name: name.value, deadline: entry.deadline)
            hook.field = name.path
            hook.position = name.position
            return hook
        }
    }
}

/// `migrate`, or `{name: migrate, deadline: 10m}`.
private struct HookEntry: StrictValue {
    var name: Located<String>
    var deadline: Duration?

    static let expectation = "the name of a Job or Pod, or {name, deadline}"
    static var placeholder: HookEntry { HookEntry(name: .placeholder) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> HookEntry? {
        if case .mapping = node.content {
            return StrictMap.read(node, context) { fields in
                HookEntry(
                    name: fields.required("name"),
                    deadline: fields.optional("deadline", as: PositiveDuration.self)?.duration)
            }
        }
        guard let name = Located<String>.read(node, in: context), !name.value.isEmpty else { return nil }
        return HookEntry(name: name)
    }
}
