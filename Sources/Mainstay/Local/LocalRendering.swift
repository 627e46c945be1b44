// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning

/// Renders local files: a path by itself, or the applications that a pipeline file names.
struct LocalRendering: Sendable {
    /// Objects that belong together.
    struct Part: Sendable {
        /// The application and its environment; nil where a path was rendered by itself.
        var title: String?
        var objects: [Object]
        var warnings: [RenderWarning]
    }

    let files: LocalFiles
    var environment: String?
    var application: String?
    /// The applications are meant, also where the root is a kustomization too.
    var isPipelineMeant = false

    /// - Throws: an error whose description says everything that is wrong, a line each.
    func parts() async throws -> [Part] {
        guard let pipeline = try await pipeline() else {
            let rendered = try await displayingPaths {
                try await files.read { [path = files.path] tree in try Renderer.build(path, from: tree) }
            }
            return [Part(objects: rendered.manifests.map(\.object), warnings: rendered.warnings)]
        }
        let targets = try targets(of: pipeline)
        var parts: [Part] = []
        var problems: [String] = []
        for (application, environment) in targets {
            do {
                let rendered = try await rendered(application, environment)
                parts.append(
                    Part(
                        title: "\(environment.name)/\(application.name)", objects: rendered.manifests.map(\.object),
                        warnings: rendered.warnings))
            } catch {
                problems.append("\(environment.name)/\(application.name):\n\(error)")
            }
        }
        guard problems.isEmpty else { throw LocalProblem(problems.joined(separator: "\n")) }
        return parts
    }

    /// The pipeline, where one is meant: by an option, or by naming its folder.
    func pipeline() async throws -> Pipeline? {
        let isAsked = isPipelineMeant || environment != nil || application != nil
        guard isAsked || files.path.isEmpty else { return nil }
        let found = try await files.read { tree -> (bytes: [UInt8], isKustomization: Bool)? in
            let file = GitSource.pipelineFile
            guard try tree.entry(at: file) != nil else { return nil }
            let isKustomization = try Renderer.kustomizationFileNames.contains { try tree.entry(at: $0) != nil }
            return (try tree.contents(of: file, limit: GitSource.maximumPipelineBytes), isKustomization)
        }
        guard let found else {
            guard isAsked else { return nil }
            throw LocalProblem(
                "\(files.display(GitSource.pipelineFile)): not found; --environment and --application need a pipeline "
                    + "at the repository's root")
        }
        guard isAsked || !found.isKustomization else { return nil }
        return try Pipeline.parse(found.bytes, file: files.display(GitSource.pipelineFile))
    }

    /// The applications that are asked for, each in its environments: those at or below the path.
    func targets(of pipeline: Pipeline) throws -> [(Application, Environment)] {
        try check(environment, among: pipeline.environments.map(\.name), "environment")
        try check(application, among: pipeline.applications.map(\.name), "application")
        let targets = pipeline.environments.filter { environment == nil || $0.name == environment }
            .flatMap { environment in
                pipeline.applications.filter { candidate in
                    candidate.environments.contains(environment.name)
                        && (application == nil || candidate.name == application)
                        && isAsked(candidate.path(for: environment.name))
                }.map { ($0, environment) }
            }
        guard targets.isEmpty else { return targets }
        throw LocalProblem(
            "\(files.display(GitSource.pipelineFile)): no application"
                + [application, environment.map { "in \($0)" }, files.path.isEmpty ? nil : "below \(files.path)"]
                .compactMap { $0.map { " \($0)" } }.joined())
    }

    private func isAsked(_ path: String) -> Bool {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return files.path.isEmpty || parts == files.path || parts.hasPrefix(files.path + "/")
    }

    private func check(_ name: String?, among known: [String], _ what: String) throws {
        guard let name, !known.contains(name) else { return }
        throw LocalProblem(
            "\(files.display(GitSource.pipelineFile)): no \(what) \"\(name)\"; there is \(known.joined(separator: ", "))"
        )
    }

    func rendered(_ application: Application, _ environment: Environment) async throws -> Rendered {
        let images = try await images(of: application, environment)
        let request = RenderRequest(application, environment, images: images)
        return try await displayingPaths {
            try await files.read { tree in try Renderer.render(request, from: tree).withHooks(of: application) }
        }
    }

    private func images(of application: Application, _ environment: Environment) async throws -> [ImageOverride] {
        let written = application.images.compactMap { ImageTags.written($0, in: environment.name) }
        guard written.count < application.images.count else { return written }
        guard let repository = files.repository else {
            throw LocalProblem("an image's tag follows the history, and \(files.root) is no git repository")
        }
        let head: CommitID
        if let commit = files.commit { head = commit } else { head = try await repository.resolve("HEAD") }
        let tags = ImageTags(application: application, environment: environment.name, history: repository)
        var inputs: [String] = []
        if tags.dependOnInputs {
            let request = RenderRequest(application, environment, images: [])
            inputs = try await displayingPaths {
                try await files.read { tree in try Renderer.render(request, from: tree) }
            }.reads.map(\.path)
        }
        return try await tags.resolved(at: head, inputs: inputs)
    }

    /// Errors and warnings name files as the caller would.
    func displayingPaths(_ body: () async throws -> Rendered) async throws -> Rendered {
        do {
            var rendered = try await body()
            for index in rendered.warnings.indices {
                rendered.warnings[index].file = files.display(rendered.warnings[index].file)
                rendered.warnings[index].message = files.display(message: rendered.warnings[index].message)
            }
            return rendered
        } catch var errors as RenderErrors {
            for index in errors.errors.indices { display(&errors.errors[index]) }
            throw errors
        }
    }

    private func display(_ error: inout RenderError) {
        error.file = files.display(error.file)
        error.message = files.display(message: error.message)
        error.hint = error.hint.map { files.display(message: $0) }
        error.chain = error.chain.map { files.display($0) }
    }
}

/// What is wrong with what a command was asked, in words for the person who asked.
struct LocalProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
