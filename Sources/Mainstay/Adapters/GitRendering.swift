// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// What a pipeline makes of the files of a commit: in the daemon's mirror, or in a repository of this machine.
struct GitRendering: Sendable {
    let repository: any CommitReader
    private let limits: RenderLimits
    /// What objects say of whose they are (`SourceMark`); empty where they say nothing.
    private let mark: String
    private let cache = RenderCache()

    init(repository: any CommitReader, limits: RenderLimits = RenderLimits(), mark: String = "") {
        self.repository = repository
        self.limits = limits
        self.mark = mark
    }

    func hasPipeline(at commit: CommitID) async throws(SourceFailure) -> Bool {
        do {
            return try await repository.read(at: commit) { tree in try tree.entry(at: GitSource.pipelineFile) != nil }
        } catch {
            throw GitSource.failure(error, reading: .pipeline)
        }
    }

    func pipeline(at commit: CommitID) async throws(SourceFailure) -> Pipeline {
        let bytes: [UInt8]?
        do {
            bytes = try await repository.read(at: commit) { tree in
                guard try tree.entry(at: GitSource.pipelineFile) != nil else { return nil }
                return try tree.contents(of: GitSource.pipelineFile, limit: GitSource.maximumPipelineBytes)
            }
        } catch {
            throw GitSource.failure(error, reading: .pipeline)
        }
        guard let bytes else {
            throw SourceFailure(
                code: .pipeline,
                message:
                    "\(GitSource.pipelineFile): not found at the root of \(commit.hex.prefix(7)); add it: it says which "
                    + "applications run where", isTransient: false)
        }
        do {
            return try Pipeline.parse(bytes, file: GitSource.pipelineFile)
        } catch {
            throw SourceFailure(code: .pipeline, message: "\(error)", isTransient: false)
        }
    }

    func desired(
        _ application: Application, in environment: Environment, at commit: CommitID, unlessInputsAre known: Inputs?
    ) async throws(SourceFailure) -> DesiredAnswer {
        let tags = ImageTags(application: application, environment: environment.name, history: repository)
        do {
            if let known {
                let images = try await tags.resolved(at: commit, inputs: known.reads.map(\.path))
                let entry = InputsEntry(application: application, environment: environment, images: images)
                if try await currentInputs(known, entry, at: commit) == known { return .unchanged }
            }
            // A tag that follows the inputs needs them: they are the same whatever the tags are.
            let paths =
                tags.dependOnInputs ? try await render(application, environment, [], at: commit).reads.map(\.path) : []
            let images = try await tags.resolved(at: commit, inputs: paths)
            let rendered = try await render(application, environment, images, at: commit)
            let entry = InputsEntry(application: application, environment: environment, images: images)
            let reads = rendered.reads.map { Inputs.Read(path: $0.path, id: $0.id) }
            let digest = RenderedDigest.of(rendered.manifests)
            let target = TargetID(application: application.name, environment: environment.name)
            var desired = Desired(
                commit: commit.hex, inputs: entry.inputs(reads), digest: digest,
                manifests: SentForm.manifests(
                    rendered.manifests, of: target, source: mark, digest: digest, checks: application.verify),
                application: application, environment: environment,
                warnings: rendered.warnings.map(\.description) + SentForm.notes(rendered.manifests))
            desired.removalHooks = SentForm.removalHooks(
                rendered.manifests, of: target, source: mark, digest: digest)
            return .rendered(desired)
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
    }

    private func render(
        _ application: Application, _ environment: Environment, _ images: [ImageOverride], at commit: CommitID
    ) async throws -> Rendered {
        let request = RenderRequest(application, environment, images: images)
        return try await repository.read(at: commit) { [limits, cache] tree in
            try Renderer.render(request, from: tree, limits: limits, cache: cache).withHooks(of: application)
        }
    }

    /// The inputs of an earlier rendering as they are now, without rendering.
    private func currentInputs(_ known: Inputs, _ entry: InputsEntry, at commit: CommitID) async throws -> Inputs {
        let reads = known.reads
        return entry.inputs(
            try await repository.read(at: commit) { tree in
                try reads.map { Inputs.Read(path: $0.path, id: try tree.entry(at: $0.path)?.id) }
            })
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
        let sorted = manifests.map { (id: $0.id, object: $0.object) }.sorted { $0.id < $1.id }
        let texts = sorted.map { JSON.sortedBytes(.object($0.object)) }
        return ContentDigest.sha256Hex(Array(texts.joined(separator: [UInt8(ascii: "\n")])))
    }
}
