// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// The reconciler's source, over the git mirror and the renderer.
struct GitSource: Source {
    static let pipelineFile = "mainstay.yaml"
    static let maximumPipelineBytes = 1 << 20

    let mirror: GitMirror
    private let limits: RenderLimits
    /// What objects say of whose they are (`SourceMark`); empty where they say nothing.
    private let mark: String
    private let cache = RenderCache()

    init(mirror: GitMirror, limits: RenderLimits = RenderLimits(), mark: String = "") {
        self.mirror = mirror
        self.limits = limits
        self.mark = mark
    }

    func poll(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in try await mirror.remoteHeads(of: branches).mapValues(\.hex) }
    }

    func fetch(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in try await mirror.fetch(branches: branches).mapValues(\.hex) }
    }

    func localHeads(_ branches: [String]) async throws(SourceFailure) -> [String: String] {
        try await asked { () async throws(GitError) in
            var heads: [String: String] = [:]
            for branch in branches { heads[branch] = try await mirror.localHead(of: branch)?.hex }
            return heads
        }
    }

    func revision(_ commit: String, branch: String) async throws(SourceFailure) -> Revision {
        let id = try Self.id(commit)
        let info = try await asked { () async throws(GitError) in try await mirror.commit(id) }
        return Revision(
            commit: commit, branch: branch, author: info.authorName, subject: info.message,
            committedAt: info.committedAt)
    }

    /// The commit that an id, or the beginning of one, means in the mirror.
    func commit(beginningWith text: String) async throws(SourceFailure) -> String? {
        try await asked { () async throws(GitError) in try await mirror.commit(beginningWith: text)?.hex }
    }

    func pipeline(at commit: String) async throws(SourceFailure) -> Pipeline {
        let bytes: [UInt8]?
        do {
            bytes = try await mirror.read(at: try Self.id(commit)) { tree in
                guard try tree.entry(at: Self.pipelineFile) != nil else { return nil }
                return try tree.contents(of: Self.pipelineFile, limit: Self.maximumPipelineBytes)
            }
        } catch {
            throw Self.failure(error, reading: .pipeline)
        }
        guard let bytes else {
            throw SourceFailure(
                code: .pipeline,
                message: "\(Self.pipelineFile): not found at the root of \(commit.prefix(7)); add it: it says which "
                    + "applications run where", isTransient: false)
        }
        do {
            return try Pipeline.parse(bytes, file: Self.pipelineFile)
        } catch {
            throw SourceFailure(code: .pipeline, message: "\(error)", isTransient: false)
        }
    }

    func pin(_ commit: String, for target: TargetID) async throws(SourceFailure) {
        let id = try Self.id(commit)
        try await asked { () async throws(GitError) in
            try await mirror.pin(id, name: "\(target.environment)/\(target.application)")
        }
    }

    func commit(_ commit: String, contains earlier: String) async throws(SourceFailure) -> Bool {
        let (descendant, ancestor) = (try Self.id(commit), try Self.id(earlier))
        return try await asked { () async throws(GitError) in
            try await mirror.isAncestor(ancestor, of: descendant)
        }
    }

    func authors(
        of commit: String, since base: String?, touching paths: [String]
    ) async throws(SourceFailure) -> [CommitAuthor] {
        let id = try Self.id(commit)
        let base = try base.map { base throws(SourceFailure) in try Self.id(base) }
        return try await asked { () async throws(GitError) in
            try await mirror.authors(of: id, notIn: base, touching: paths).map {
                CommitAuthor(name: $0.name, email: $0.email)
            }
        }
    }

    // MARK: Rendering

    func desired(
        _ application: Application, in environment: Environment, at commit: String, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        let id = try Self.id(commit)
        let tags = ImageTags(application: application, history: mirror)
        do {
            if let known {
                let images = try await tags.resolved(at: id, inputs: known.reads.map(\.path))
                let entry = InputsEntry(application: application, environment: environment, images: images)
                if try await currentInputs(known, entry, at: id) == known { return .unchanged }
            }
            // A tag that follows the inputs needs them: they are the same whatever the tags are.
            let paths =
                tags.dependOnInputs ? try await render(application, environment, [], at: id).reads.map(\.path) : []
            let images = try await tags.resolved(at: id, inputs: paths)
            let rendered = try await render(application, environment, images, at: id)
            let entry = InputsEntry(application: application, environment: environment, images: images)
            let reads = rendered.reads.map { Inputs.Read(path: $0.path, id: $0.id) }
            let digest = RenderedDigest.of(rendered.manifests)
            let target = TargetID(application: application.name, environment: environment.name)
            return .rendered(
                Desired(
                    commit: commit, inputs: entry.inputs(reads), digest: digest,
                    manifests: SentForm.manifests(
                        rendered.manifests, of: target, source: mark, digest: digest, checks: application.verify),
                    application: application, environment: environment,
                    warnings: rendered.warnings.map(\.description) + SentForm.notes(rendered.manifests)))
        } catch {
            throw Self.failure(error, reading: .manifests)
        }
    }

    private func render(
        _ application: Application, _ environment: Environment, _ images: [ImageOverride], at commit: CommitID
    ) async throws -> Rendered {
        let request = RenderRequest(application, environment, images: images)
        return try await mirror.read(at: commit) { [limits, cache] tree in
            try Renderer.render(request, from: tree, limits: limits, cache: cache)
        }
    }

    /// The inputs of an earlier rendering as they are now, without rendering.
    private func currentInputs(_ known: Inputs, _ entry: InputsEntry, at commit: CommitID) async throws -> Inputs {
        let reads = known.reads
        return entry.inputs(
            try await mirror.read(at: commit) { tree in
                try reads.map { Inputs.Read(path: $0.path, id: try tree.entry(at: $0.path)?.id) }
            })
    }

    // MARK: Failures

    private func asked<Answer>(
        _ question: () async throws(GitError) -> Answer
    ) async throws(SourceFailure) -> Answer {
        do throws(GitError) {
            return try await question()
        } catch {
            throw Self.failure(error, reading: .remote)
        }
    }

    private static func id(_ commit: String) throws(SourceFailure) -> CommitID {
        guard let id = CommitID(commit) else {
            throw SourceFailure(code: .missing, message: "\(commit) is no commit id", isTransient: false)
        }
        return id
    }

    static func failure(_ error: any Error, reading code: SourceFailure.Code) -> SourceFailure {
        switch error {
        case let failure as SourceFailure: failure
        case let error as GitError:
            SourceFailure(
                code: error.code == .branchMissing || error.code == .notFound ? .missing : code,
                message: error.description, isTransient: error.isTransient)
        default: SourceFailure(code: code, message: "\(error)", isTransient: false)
        }
    }
}

extension RenderRequest {
    /// What an application consists of in an environment.
    init(_ application: Application, _ environment: Environment, images: [ImageOverride]) {
        self.init(
            path: application.path(for: environment.name), namespace: application.namespace ?? environment.namespace,
            images: images)
    }
}

/// What besides files decides what is rendered: the application's entry, the environment, the resolved tags.
struct InputsEntry: Sendable {
    let application: Application
    let environment: Environment
    let images: [ImageOverride]

    func inputs(_ reads: [Inputs.Read]) -> Inputs {
        var text = "\(application.entryDigestText)\n\(environment.name)\n\(environment.namespace)\n"
        for image in images { text += "image \(image)\n" }
        for read in reads { text += "\(read.path) \(read.id ?? "-")\n" }
        return Inputs(reads: reads, digest: ContentDigest.sha256Hex(text.utf8))
    }
}

/// The digest that a quarantine names: over the objects, whatever order and files they come from.
enum RenderedDigest {
    static func of(_ manifests: [Manifest]) -> String {
        let texts = manifests.sorted { $0.id < $1.id }.map { JSON.text(.object($0.object.sortedByKey)) }
        return ContentDigest.sha256Hex(texts.joined(separator: "\n").utf8)
    }
}
