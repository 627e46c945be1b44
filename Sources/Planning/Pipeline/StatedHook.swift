// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension Application {
    /// A Job or Pod of an application's manifests that the pipeline makes a hook, so that manifests need no annotations.
    package struct StatedHook: Sendable {
        package var phase: Hook.Phase
        /// As its manifest has it.
        package var name: String
        package var deadline: Duration?
        /// Its place in the pipeline file, which is no part of what it says.
        package var field = ""
        package var position = YAMLNode.Position(line: 1, column: 1)
        /// It is stated for another revision than the one that is rendered: where no manifest is it, it is left out.
        package var isOfOther = false

        package init(phase: Hook.Phase, name: String, deadline: Duration? = nil) {
            self.phase = phase
            self.name = name
            self.deadline = deadline
        }

        func isMeant(_ manifest: Manifest) -> Bool {
            Hook.runsOnce(manifest.id.groupKind)
                && (manifest.id.name == name || Hook.generatedBase(of: manifest.object) == name)
        }
    }

    /// Rendered manifests with the pipeline's hooks as annotations, in place of what they said of hooks themselves: what
    /// reads them next knows of one way only.
    package func withStatedHooks(_ manifests: [Manifest]) -> [Manifest] {
        var order: [Hook.Phase: Int] = [:]
        var marked = manifests
        for hook in hooks {
            let number = order[hook.phase, default: 0] + 1
            order[hook.phase] = number
            for index in marked.indices where hook.isMeant(marked[index]) {
                func annotate(_ key: String, _ text: String) {
                    marked[index].object.set(.string(text), at: "metadata", "annotations", key)
                }
                annotate(Hook.key, hook.phase.rawValue)
                annotate(Hook.orderKey, String(number))
                if let deadline = hook.deadline { annotate(Hook.deadlineKey, DurationText.text(deadline)) }
            }
        }
        return marked
    }

    /// The hooks that no manifest is, with what is wrong in words.
    package func missingHooks(in manifests: [Manifest]) -> [(hook: StatedHook, message: String)] {
        let names = manifests.filter { Hook.runsOnce($0.id.groupKind) }.map(\.id.name)
        return hooks.filter { hook in !hook.isOfOther && !manifests.contains(where: hook.isMeant) }.map { hook in
            let ending = Suggestion.ending(for: hook.name, among: names)
            return (hook, "no manifest is a Job or Pod named \"\(hook.name.prefix(80))\"\(ending)")
        }
    }
}

extension Application.StatedHook: Hashable {
    package static func == (left: Self, right: Self) -> Bool {
        left.phase == right.phase && left.name == right.name && left.deadline == right.deadline
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(phase)
        hasher.combine(name)
        hasher.combine(deadline)
    }
}
