// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// The monorepo, as the reconciler needs it. Git in the product.
package protocol Source: Sendable {
    /// The commits the branches point at on the remote; a branch that is not there is left out. One request.
    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String]
    /// Brings the branches' commits into the local mirror and answers what they point at.
    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String]
    /// The commits the branches point at in the local mirror: what is known while the remote is down.
    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String]
    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision
    /// The pipeline of a commit, decoded and validated.
    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline
    /// What an application should be at a commit. With the inputs of an earlier answer, `.unchanged` is answered
    /// where none of them moved, without rendering.
    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer
    /// Whether `commit` holds everything that `earlier` does; a commit holds itself.
    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool
    /// Who wrote what a commit changed of the paths since another; without that, who changed one of them last.
    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor]
    /// Keeps a commit readable although its branch moves away: what a rollback needs.
    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure)
}

/// Everything a rendering read, and the digest over it.
package struct Inputs: Sendable, Hashable {
    package struct Read: Sendable, Hashable {
        package var path: String
        /// The content's object id; nil where there was nothing at the path.
        package var id: String?

        package init(path: String, id: String?) {
            self.path = path
            self.id = id
        }
    }

    package var reads: [Read]
    package var digest: String

    package init(reads: [Read], digest: String) {
        self.reads = reads
        self.digest = digest
    }
}

package enum DesiredAnswer: Sendable {
    case unchanged
    case rendered(Desired)
}

/// What should run: the rendered objects of one application in one environment at one commit.
package struct Desired: Sendable, Hashable {
    package var commit: String
    package var inputs: Inputs
    /// SHA-256 over the rendered objects, and the cluster where the environment names one: what a quarantine names.
    package var digest: String
    private var rendered: DesiredManifests
    package var application: Application
    package var environment: Environment
    package var warnings: [String]
    /// Objects of the application that people set aside: a rollout leaves them alone, and yet reads them.
    package var setAside: [Manifest] = []
    /// What is made when the application is removed; no rollout knows of it.
    package var removalHooks: [RemovalHook] = []

    package init(
        commit: String, inputs: Inputs, digest: String, manifests: [Manifest], application: Application,
        environment: Environment, warnings: [String] = []
    ) {
        self.commit = commit
        self.inputs = inputs
        // What a person said of it, or what came of it, counts for no other cluster.
        self.digest = environment.cluster.map { "\(digest)@\($0)" } ?? digest
        rendered = DesiredManifests(manifests)
        self.application = application
        self.environment = environment
        self.warnings = warnings
    }

    package var target: TargetID { TargetID(application: application.name, environment: environment.name) }

    /// With namespaces and the owner label, in the order rendered. While packed, every call makes the trees anew.
    package var manifests: [Manifest] {
        get { rendered.manifests }
        set { rendered = DesiredManifests(newValue) }
    }

    /// Nothing is to be done with it for now: all copies of it take little room from here on.
    package func pack() { rendered.pack() }

    /// Somebody is going to work with it.
    package func unpack() { rendered.unpack() }
}

/// Why the source could not answer: one sentence for people, safe to show.
package struct SourceFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The remote cannot be reached, or refuses us.
        case remote = "SourceUnavailable"
        /// The branch or commit is not there.
        case missing = "RevisionMissing"
        /// `mainstay.yaml` is missing or wrong.
        case pipeline = "PipelineInvalid"
        /// The application's manifests cannot be rendered.
        case manifests = "ManifestsInvalid"
    }

    package var code: Code
    package var message: String
    /// False where only a new commit or configuration helps.
    package var isTransient: Bool

    package init(code: Code, message: String, isTransient: Bool) {
        self.code = code
        self.message = message
        self.isTransient = isTransient
    }

    package var description: String { message }
}
