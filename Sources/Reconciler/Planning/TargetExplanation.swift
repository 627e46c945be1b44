// SPDX-License-Identifier: Apache-2.0

import Manifests
package import Planning

/// What a commit makes of one application in one environment, and why: its inputs beside those of an earlier commit.
package struct TargetExplanation: Sendable, Hashable {
    package enum Outcome: String, Sendable {
        case deploys, held, unchanged, removed, broken
    }

    /// One thing that moved.
    package struct Change: Sendable, Hashable {
        package enum Kind: String, Sendable {
            case file, image, entry, environment
        }

        package var kind: Kind
        /// A path, an image's name, or a field of the entry.
        package var name: String
        package var text: String
    }

    /// An application of a commit's pipeline, and what it is rendered to.
    package struct Side: Sendable {
        package var application: Application
        package var environment: Environment
        package var desired: Result<Desired, SourceFailure>

        package init(application: Application, environment: Environment, desired: Result<Desired, SourceFailure>) {
            self.application = application
            self.environment = environment
            self.desired = desired
        }
    }

    package var target: TargetID
    /// The branch that the environment follows; nil: the pipeline's.
    package var branch: String?
    package var outcome: Outcome
    package var changes: [Change] = []
    /// Why it is not deployed, or is though nothing of it moved.
    package var message = ""

    package init(_ target: TargetID, _ outcome: Outcome, branch: String? = nil, message: String = "") {
        self.target = target
        self.branch = branch
        self.outcome = outcome
        self.message = message
    }

    /// - Parameters:
    ///   - old: nil where the earlier commit's pipeline does not have it.
    ///   - new: nil where it left the pipeline.
    package static func of(_ target: TargetID, old: Side?, new: Side?) -> TargetExplanation? {
        guard let new else {
            guard let old else { return nil }
            let isOrphaned = (old.application.onRemoval ?? old.environment.onRemoval) == .orphan
            return TargetExplanation(
                target, .removed,
                message: "left mainstay.yaml; its objects are \(isOrphaned ? "left as they are" : "pruned")")
        }
        guard case .success(let after) = new.desired else {
            guard case .failure(let failure) = new.desired else { return nil }
            return TargetExplanation(target, .broken, message: failure.message)
        }
        guard let old else { return TargetExplanation(target, .deploys, message: "is new in mainstay.yaml") }
        var found = TargetExplanation(target, .deploys)
        found.changes = entryChanges(old, new)
        guard case .success(let before) = old.desired else {
            found.message = "could not be rendered before"
            return found
        }
        found.changes =
            imageChanges(before, after) + fileChanges(before.inputs.reads, after.inputs.reads) + found.changes
        if before.digest == after.digest {
            found.outcome = .unchanged
            found.message =
                found.changes.isEmpty
                ? "none of what it is made of changed" : "what is rendered is what it was"
        }
        return found
    }

    // MARK: What moved

    /// Folders are told of where nothing in them is.
    private static func fileChanges(_ old: [Inputs.Read], _ new: [Inputs.Read]) -> [Change] {
        let before = Dictionary(old.map { ($0.path, $0.id) }) { first, _ in first }
        let after = Dictionary(new.map { ($0.path, $0.id) }) { first, _ in first }
        var texts: [(path: String, text: String)] = []
        for path in Set(before.keys).union(after.keys).sorted() {
            let (was, isNow) = (before[path] ?? nil, after[path] ?? nil)
            guard was != isNow else { continue }
            let word =
                switch (was, isNow) {
                case (nil, _): before[path] == nil ? "is used now" : "was added"
                case (_, nil): after[path] == nil ? "is used no longer" : "was removed"
                default: "changed"
                }
            texts.append((path, "\(path) \(word)"))
        }
        return texts.filter { text in
            !texts.contains { $0.path != text.path && (text.path.isEmpty || $0.path.hasPrefix(text.path + "/")) }
        }.map { Change(kind: .file, name: $0.path, text: $0.text) }
    }

    private static func imageChanges(_ old: Desired, _ new: Desired) -> [Change] {
        let (before, after) = (versions(old), versions(new))
        var changes: [Change] = []
        for name in Set(before.keys).union(after.keys).sorted() where before[name] != after[name] {
            let texts = [before[name], after[name]].map { $0.map { $0.joined(separator: ", ") } ?? "none" }
            changes.append(
                Change(
                    kind: .image, name: name,
                    text: "image \(name): \(texts[0]) → \(texts[1])\(why(name, new))"))
        }
        return changes
    }

    private static func why(_ name: String, _ desired: Desired) -> String {
        let image = desired.application.images.first { ($0.newName ?? $0.name) == name }
        return switch image?.tag?.commit(in: desired.environment.name) {
        case .lastCommit(let from): " (the last commit of \(from))"
        case .revision: " (the last commit of what it is rendered from)"
        case nil: ""
        }
    }

    /// Tags and digests by the image's name, each once and sorted.
    private static func versions(_ desired: Desired) -> [String: [String]] {
        var found: [String: Set<String>] = [:]
        for manifest in desired.manifests {
            for image in manifest.object.podSpecification?.images ?? [] {
                let name = ImageName.withoutVersion(image)
                let version = image.dropFirst(name.count)
                found[name, default: []].insert(
                    version.isEmpty ? "no tag" : String(version.hasPrefix(":") ? version.dropFirst() : version))
            }
        }
        return found.mapValues { $0.sorted() }
    }

    private static func entryChanges(_ old: Side, _ new: Side) -> [Change] {
        var changes: [Change] = []
        let (before, after) = (fields(old.application), fields(new.application))
        for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
            changes.append(Change(kind: .entry, name: key, text: "mainstay.yaml: \(key) of the application changed"))
        }
        if old.environment != new.environment {
            let name = new.environment.name
            let isMoved = old.environment.namespace != new.environment.namespace
            changes.append(
                Change(
                    kind: .environment, name: name,
                    text: isMoved
                        ? "mainstay.yaml: the namespace of \(name): \(old.environment.namespace) → \(new.environment.namespace)"
                        : "mainstay.yaml: the environment \(name) changed"))
        }
        return changes
    }

    private static func fields(_ application: Application) -> [String: String] {
        let entry = (try? JSON.parse(Array(application.entryDigestText.utf8)))?.object
        let pairs = entry?.pairs.map { ($0.key, JSON.text($0.value)) } ?? []
        return Dictionary(pairs) { first, _ in first }
    }
}

extension Environment {
    /// What has to come before a rollout begins there, in words; nil where nothing has to.
    package var gateText: String? {
        var asks: [String] = []
        switch deploy {
        case .automatic: break
        case .confirm: asks.append("the typed confirmation")
        case .manual: asks.append("a person's go")
        }
        if let approvals { asks.append("\(approvals.count) approval\(approvals.count == 1 ? "" : "s")") }
        for requirement in requires {
            let time = requirement.healthyFor > .zero ? " for \(DurationText.text(requirement.healthyFor))" : ""
            asks.append("\(requirement.environment) healthy\(time)")
        }
        if !windows.isEmpty { asks.append("a change window") }
        return asks.isEmpty ? nil : "\(name) asks for \(asks.joined(separator: ", "))"
    }
}
