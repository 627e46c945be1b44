// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// A revision with everything that it asks for, rendered beforehand: nothing outside of the simulation is waited for in it.
struct SimulatedRevision: Sendable {
    /// A commit's id, or what stands for the files as they are.
    var commit: String
    /// For people: `HEAD 1a2b3c4`, `the files as they are`.
    var title: String
    var pipeline: Pipeline
    var desired: [TargetID: Result<Desired, SourceFailure>]
    /// What was taken in place of what is not known.
    var remarks: [String] = []

    /// Stands for the files as they are, which have no commit yet.
    static let workTree = String(repeating: "f", count: 40)

    /// - Throws: `LocalProblem`, `PipelineErrors`, `GitError` or `FileTreeError` where there is no pipeline to simulate.
    static func read(_ folder: PipelineFolder, at commit: CommitID?, title: String) async throws -> SimulatedRevision {
        let file = GitSource.pipelineFile
        let bytes = try await folder.read(at: commit) { tree -> [UInt8]? in
            guard try tree.entry(at: file) != nil else { return nil }
            return try tree.contents(of: file, limit: GitSource.maximumPipelineBytes)
        }
        guard let bytes else { throw LocalProblem("\(file) is not there (\(title)); `mainstay init` proposes one") }
        var pipeline = try Pipeline.parse(bytes, file: file)
        var unasked: [String] = []
        for index in pipeline.applications.indices {
            let all = pipeline.applications[index].verify
            pipeline.applications[index].verify = all.compactMap(\.simulated)
            let left = all.filter { $0.simulated == nil }.map(\.title)
            if !left.isEmpty {
                unasked.append(
                    "\(pipeline.applications[index].name): not asked in a simulation: \(left.joined(separator: "; "))")
            }
        }
        var revision = SimulatedRevision(
            commit: commit?.hex ?? workTree, title: title, pipeline: pipeline, desired: [:])
        revision.remarks = unasked
        var head = commit
        if head == nil, let repository = folder.repository { head = try? await repository.resolve("HEAD") }
        for application in pipeline.applications {
            for environment in pipeline.environments where application.environments.contains(environment.name) {
                let target = TargetID(application: application.name, environment: environment.name)
                do throws(SourceFailure) {
                    let desired = try await revision.render(application, environment, folder, at: commit, head: head)
                    revision.desired[target] = .success(desired)
                } catch {
                    revision.desired[target] = .failure(error)
                }
            }
        }
        return revision
    }

    private mutating func render(
        _ application: Application, _ environment: Environment, _ folder: PipelineFolder, at commit: CommitID?,
        head: CommitID?
    ) async throws(SourceFailure) -> Desired {
        let images = await images(of: application, environment, folder, at: commit, head: head)
        do {
            let rendered = try await folder.read(at: commit) { tree in
                try Renderer.render(RenderRequest(application, environment, images: images), from: tree)
                    .withHooks(of: application)
            }
            let digest = RenderedDigest.of(rendered.manifests)
            let target = TargetID(application: application.name, environment: environment.name)
            let entry = InputsEntry(application: application, environment: environment, images: images)
            var desired = Desired(
                commit: self.commit, inputs: entry.inputs([Inputs.Read(path: "", id: digest)]), digest: digest,
                manifests: SentForm.manifests(
                    rendered.manifests, of: target, digest: digest, checks: application.verify),
                application: application, environment: environment,
                warnings: rendered.warnings.map(\.description) + SentForm.notes(rendered.manifests))
            desired.removalHooks = SentForm.removalHooks(rendered.manifests, of: target, digest: digest)
            return desired
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
    }

    /// Tags as the history has them. Where it has none, which commit it is makes no difference in the simulation.
    private mutating func images(
        of application: Application, _ environment: Environment, _ folder: PipelineFolder, at commit: CommitID?,
        head: CommitID?
    ) async -> [ImageOverride] {
        let written = application.images.compactMap { ImageTags.written($0, in: environment.name) }
        guard written.count < application.images.count else { return written }
        let plain = application.images.map { image in
            ImageTags.written(image, in: environment.name)
                ?? ImageOverride(name: image.name, newName: image.newName, newTag: "uncommitted")
        }
        guard let repository = folder.repository, let head else { return plain }
        let tags = ImageTags(
            application: application, environment: environment.name,
            history: FolderHistory(repository, folder.prefix))
        do {
            var inputs: [String] = []
            if tags.dependOnInputs {
                let request = RenderRequest(application, environment, images: [])
                inputs = try await folder.read(at: commit) { try Renderer.render(request, from: $0) }.reads.map(\.path)
            }
            return try await tags.resolved(at: head, inputs: inputs)
        } catch {
            let remark = "\(application.name): its image tags are not known, and stand as \"uncommitted\": \(error)"
            if !remarks.contains(remark) { remarks.append(remark) }
            return plain
        }
    }
}

extension Application.Check {
    /// What the in-memory cluster can answer of a check: the status of a Service, and a Job. Nil: nothing.
    fileprivate var simulated: Application.Check? {
        switch question {
        case .job: return self
        case .tcp, .prometheus: return nil
        case .http(let check):
            if case .direct = check.address { return nil }
            return Application.Check(
                .http(Application.HTTPCheck(address: check.address, path: check.path, expect: check.expect)),
                within: within, times: times, after: after, place: place)
        }
    }
}

/// The history of a folder of a repository, whose paths begin there.
private struct FolderHistory: CommitReader {
    let repository: LocalRepository
    let prefix: String

    init(_ repository: LocalRepository, _ prefix: String) {
        self.repository = repository
        self.prefix = prefix
    }

    func lastCommit(touching path: String, from commit: CommitID) async throws(GitError) -> CommitID? {
        try await repository.lastCommit(touching: whole(path), from: commit)
    }

    func lastCommit(touchingAny paths: [String], from commit: CommitID) async throws(GitError) -> CommitID? {
        try await repository.lastCommit(touchingAny: paths.map(whole), from: commit)
    }

    func commit(_ id: CommitID) async throws(GitError) -> CommitInfo { try await repository.commit(id) }

    func has(_ path: String, at commit: CommitID) async throws -> Bool {
        try await repository.has(whole(path), at: commit)
    }

    func read<T: Sendable>(at commit: CommitID, _ body: @Sendable (GitTree) throws -> T) async throws -> T {
        try await repository.read(at: commit, body)
    }

    private func whole(_ path: String) -> String { prefix.isEmpty ? path : "\(prefix)/\(path)" }

    func isAncestor(_ a: CommitID, of b: CommitID) async throws(GitError) -> Bool {
        try await repository.isAncestor(a, of: b)
    }
}

extension SimulatedRevision {
    /// Whether both come to the same objects and the same pipeline.
    func asks(forTheSameAs other: SimulatedRevision) -> Bool {
        pipeline == other.pipeline
            && desired.mapValues { try? $0.get().digest } == other.desired.mapValues { try? $0.get().digest }
    }
}
