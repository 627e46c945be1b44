// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What can only be checked once all entries are read: names against names.
struct PipelineCheck {
    let context: StrictContext
    /// The owner label's value holds both names and a digest, in 63 characters.
    static let maximumTargetLength = 50

    mutating func run(environments: [EnvironmentEntry], applications: [ApplicationEntry]) {
        checkNames(environments.map(\.name), of: "environment")
        checkNames(applications.map(\.name), of: "application")
        let environmentNames = environments.map(\.name.value)
        let applicationNames = applications.map(\.name.value)
        for entry in environments {
            checkReferences(entry.requires, to: environmentNames, of: "environment")
        }
        for entry in applications {
            checkReferences(entry.environments, to: environmentNames, of: "environment")
            checkReferences(entry.dependsOn, to: applicationNames, of: "application")
            checkLengths(entry)
        }
        reportCycle(environments.map { ($0.name.value, $0.requires) }, word: "requires")
        reportCycle(applications.map { ($0.name.value, $0.dependsOn) }, word: "depends on")
    }

    /// Receivers are the configuration's, which no pipeline knows: a wrong name there is shown, and stops nothing.
    func run(
        _ routes: [NotificationRouteEntry], environments: [EnvironmentEntry], applications: [ApplicationEntry]
    ) {
        for route in routes {
            checkReferences(route.environments, to: environments.map(\.name.value), of: "environment")
            checkReferences(route.applications, to: applications.map(\.name.value), of: "application")
        }
    }

    private func checkNames(_ names: [Located<String>], of kind: String) {
        var first: [String: Located<String>] = [:]
        for name in names where !name.path.isEmpty {
            if !LabelName.isValid(name.value) {
                context.report("must be \(LabelName.expectation), not \"\(name.value.prefix(80))\"", at: name)
            } else if let earlier = first[name.value] {
                context.report(
                    "the \(kind) \"\(name.value)\" is already defined on line \(earlier.position.line)", at: name)
            } else {
                first[name.value] = name
            }
        }
    }

    private func checkReferences(_ references: [Located<String>], to names: [String], of kind: String) {
        var seen: Set<String> = []
        for reference in references where !reference.path.isEmpty {
            if !names.contains(reference.value) {
                let ending = Suggestion.ending(for: reference.value, among: names)
                context.report("there is no \(kind) \"\(reference.value)\"\(ending)", at: reference)
            } else if !seen.insert(reference.value).inserted {
                context.report("\"\(reference.value)\" stands twice", at: reference)
            }
        }
    }

    private func checkLengths(_ entry: ApplicationEntry) {
        for environment in entry.environments {
            let length = entry.name.value.utf8.count + environment.value.utf8.count
            guard length > Self.maximumTargetLength else { continue }
            context.report(
                "the names \"\(entry.name.value)\" and \"\(environment.value)\" are \(length) characters together, and "
                    + "labels have room for \(Self.maximumTargetLength)", at: environment)
        }
    }

    /// Reports each cycle once, at the reference that closes it, with its path.
    private func reportCycle(_ entries: [(name: String, references: [Located<String>])], word: String) {
        let references = Dictionary(entries.map { ($0.name, $0.references) }) { first, _ in first }
        var finished: Set<String> = []
        for entry in entries where !finished.contains(entry.name) {
            // Depth first, without recursion: a file may chain thousands.
            var path = [entry.name]
            var next = [0]
            while let name = path.last, let index = next.last {
                guard let targets = references[name], index < targets.count else {
                    finished.insert(name)
                    path.removeLast()
                    next.removeLast()
                    continue
                }
                next[next.count - 1] += 1
                let target = targets[index]
                if let start = path.firstIndex(of: target.value) {
                    let cycle = (path[start...] + [target.value]).joined(separator: " → ")
                    context.report("\"\(target.value)\" \(word) itself: \(cycle)", at: target)
                } else if references[target.value] != nil, !finished.contains(target.value) {
                    path.append(target.value)
                    next.append(0)
                }
            }
        }
    }
}
