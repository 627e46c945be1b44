// SPDX-License-Identifier: Apache-2.0

/// A named set of manifests that is rolled out and judged as one.
package struct Application: Sendable, Hashable {
    package enum Rollback: String, Sendable, CaseIterable {
        case automatic, manual
    }

    package enum Prune: String, Sendable, CaseIterable {
        case automatic, manual
    }

    /// What becomes of an application's objects when it leaves the pipeline.
    package enum Removal: String, Sendable, CaseIterable {
        case prune
        /// They stay as they are, and are nobody's.
        case orphan
    }

    /// A replacement for an image that the manifests name.
    package struct Image: Sendable, Hashable {
        /// As in the manifests, without tag and digest.
        package var name: String
        package var newName: String?
        /// Nil keeps the manifests' tag.
        package var tag: Tag?
        /// How long the registry may not have the image yet: CI pushes it minutes after the merge. Nil: it must be
        /// there, and a pull that fails for longer than the grace is a failure.
        package var wait: Duration?

        package init(name: String, newName: String? = nil, tag: Tag? = nil, wait: Duration? = nil) {
            self.name = name
            self.newName = newName
            self.tag = tag
            self.wait = wait
        }
    }

    package var name: String
    /// Names, in the file's order; never empty.
    package var environments: [String]
    /// A file or folder of the repository, with `{environment}` where the environment's name goes.
    package var path: String
    /// In place of the environment's namespace.
    package var namespace: String?
    package var images: [Image]
    package var dependsOn: [String]
    /// In the order of each phase.
    package var hooks: [StatedHook]
    package var verify: [Check]
    /// From applying to judged; waiting for others' things does not count.
    package var timeout: Duration
    /// How long a bad pod may mend by itself.
    package var grace: Duration
    package var rollback: Rollback
    package var prune: Prune
    /// What the pipeline says of kinds of its own; the same for all its applications.
    package var health = HealthExpressions()
    /// Nil: as the environment has it.
    package var onRemoval: Removal?
    /// How long a rollout that succeeded is still judged.
    package var bake: Duration
    package var conflicts: ConflictPolicy
    /// What is done about changes that others make, before the table that everybody has.
    package var drift: DriftRules
    /// The entry as canonical text, independent of order and layout: part of the inputs digest.
    package var entryDigestText: String

    package init(
        name: String, environments: [String], path: String, namespace: String? = nil, images: [Image] = [],
        dependsOn: [String] = [], hooks: [StatedHook] = [], verify: [Check] = [], timeout: Duration = .seconds(600),
        grace: Duration = .seconds(60), rollback: Rollback = .automatic, prune: Prune = .automatic,
        conflicts: ConflictPolicy = ConflictPolicy(), drift: DriftRules = DriftRules(), onRemoval: Removal? = nil,
        bake: Duration = .zero, entryDigestText: String = ""
    ) {
        self.name = name
        self.environments = environments
        self.path = path
        self.namespace = namespace
        self.images = images
        self.dependsOn = dependsOn
        self.hooks = hooks
        self.verify = verify
        self.timeout = timeout
        self.grace = grace
        self.rollback = rollback
        self.prune = prune
        self.onRemoval = onRemoval
        self.bake = bake
        self.conflicts = conflicts
        self.drift = drift
        self.entryDigestText = entryDigestText
    }

    static let environmentPlaceholder = "{environment}"

    /// The path to render for an environment.
    package func path(for environment: String) -> String {
        path.split(separator: Self.environmentPlaceholder, omittingEmptySubsequences: false)
            .joined(separator: environment)
    }
}
