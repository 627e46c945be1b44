// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// Checks a repository as it would be deployed, without a cluster: the pipeline, what each of its applications renders to
/// in each environment, the manifests against the API's types, the order, and what is asked for against what is there.
struct Validation: Sendable {
    /// In place of the pipeline that is there.
    var pipeline: [UInt8]?
    /// What the daemon's configuration has, where it is known.
    var configuration: ConfigurationReview?
    var timeZones = TimeZones.utcOnly

    struct Report: Sendable {
        var problems: [ValidationProblem] = []
        /// Of the parsed pipeline; nil where it could not be read.
        var applications: Int?
        var environments = 0
        var objects = 0

        func count(_ severity: ReviewFinding.Severity) -> Int { problems.count { $0.severity == severity } }
    }

    /// What was rendered of the pipeline.
    struct Material: Sendable {
        var pipeline: Pipeline
        var parts: [PipelineReview.Part] = []
        var definitions: [Manifest] = []
        var problems: [ValidationProblem] = []
        /// What is reviewed, and is still without its place in a file.
        var findings: [ReviewFinding] = []

        func application(of target: TargetID) -> Application {
            pipeline.application(target.application)
                ?? Application(name: target.application, environments: [], path: "")
        }
    }

    /// - Parameter files: where the pipeline is.
    /// - Throws: `LocalProblem` where there is none, and `FileTreeError`.
    func report(on files: PipelineFolder) async throws -> Report {
        let bytes = try await files.read { tree in try self.bytes(tree) }
        let file = GitSource.pipelineFile
        let parsed = Result { () throws(PipelineErrors) in try Pipeline.parse(bytes, file: file) }
        switch parsed {
        case .failure(let errors):
            let unknown = TimeZoneNames(timeZones).unknown(in: bytes, file: file)
            let known = Set(errors.problems.map(\.path))
            return Report(
                problems: ValidationProblem.merged(
                    (errors.problems + unknown.filter { !known.contains($0.path) }).map(ValidationProblem.init)))
        case .success(let pipeline):
            var material = try await files.read { tree in try render(pipeline, tree) }
            review(&material)
            material.findings += await ServerCheck().findings(on: material)
            let all = material
            let problems =
                try await files.read { tree in
                    try review(all, tree) + all.problems
                } + note(onBranchOf: files, bytes)
            return Report(
                problems: ValidationProblem.merged(problems), applications: pipeline.applications.count,
                environments: pipeline.environments.count, objects: all.parts.reduce(0) { $0 + $1.manifests.count })
        }
    }

    // MARK: The pipeline

    private func bytes(_ tree: any FileTree) throws -> [UInt8] {
        let file = GitSource.pipelineFile
        if let pipeline { return pipeline }
        guard try tree.entry(at: file) != nil else {
            throw LocalProblem("\(file) is not there; `mainstay init` proposes one")
        }
        return try tree.contents(of: file, limit: GitSource.maximumPipelineBytes)
    }

    /// On a branch that only environments follow, whoever edits `mainstay.yaml` changes nothing by it.
    private func note(onBranchOf files: PipelineFolder, _ bytes: [UInt8]) async -> [ValidationProblem] {
        guard pipeline == nil, files.prefix.isEmpty, let repository = files.repository,
            let main = try? await LocalExplainer.countingPipeline(in: repository),
            let counting = try? await files.read(at: main, { tree in try self.bytes(tree) }), counting != bytes
        else { return [] }
        return [
            ValidationProblem(
                severity: .note, file: GitSource.pipelineFile,
                message:
                    "differs from the one of the pipeline's branch, at \(main.hex.prefix(7)), which counts for this "
                    + "branch, too: environments follow this branch for their manifests alone, and what is changed here is not read"
            )
        ]
    }

    // MARK: Rendering

    /// Tags that follow commits are those of no commit: a shallow clone is enough to validate.
    private static let anyCommit = String(repeating: "0", count: 40)

    private func render(_ pipeline: Pipeline, _ tree: any FileTree) throws -> Material {
        var material = Material(pipeline: pipeline)
        material.definitions = try RepositoryScan(tree).definitions
        for (number, application) in pipeline.applications.enumerated() {
            for environment in pipeline.environments where application.environments.contains(environment.name) {
                let target = TargetID(application: application.name, environment: environment.name)
                let images = application.images.map { image in
                    ImageOverride(
                        name: image.name, newName: image.newName,
                        newTag: image.tag?.text(in: environment.name, commit: Self.anyCommit))
                }
                do throws(RenderErrors) {
                    let rendered = try Renderer.render(
                        RenderRequest(application, environment, images: images), from: tree)
                    material.problems += rendered.warnings.map { ValidationProblem($0) }
                    material.findings += HookReview.findings(on: rendered.manifests, of: application)
                    let manifests = try rendered.withHooks(of: application).manifests
                    material.parts.append(.init(target: target, manifests: manifests))
                } catch {
                    for problem in error.errors {
                        let path = application.path(for: environment.name)
                        let isMissing = problem.file == path && problem.code == .notFound && problem.chain.isEmpty
                        guard isMissing else {
                            material.problems.append(ValidationProblem(problem, of: target))
                            continue
                        }
                        // What the pipeline names and is not there is the pipeline's mistake.
                        let hint = problem.hint.map { " (\($0))" } ?? Self.suggestion(for: path, in: tree)
                        material.findings.append(
                            ReviewFinding(
                                .error, .pipeline("applications[\(number)].path"),
                                "\(target): \(path) \(problem.message)\(hint)"))
                    }
                }
            }
        }
        return material
    }

    private static func suggestion(for path: String, in tree: any FileTree) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[..<$0]) } ?? ""
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let siblings = ((try? tree.children(of: folder)) ?? []).map(\.name)
        return Suggestion.ending(for: name, among: siblings)
    }

    // MARK: What is rendered

    /// Each application's manifests by themselves, and the order of all.
    private func review(_ material: inout Material) {
        let nodes = material.parts.flatMap { part in
            part.manifests.map { OrderNode(target: part.target, manifest: $0) }
        }
        let manifestReview = ManifestReview(nodes: nodes, definitions: material.definitions)
        var needed: Set<ObjectID> = []
        var unknownKinds: Set<GroupKind> = []
        let made = Set(nodes.map(\.manifest.id)).union(nodes.map(\.manifest).madeSecrets)
        for part in material.parts {
            let application = material.application(of: part.target)
            for manifest in part.manifests {
                for finding in manifestReview.findings(on: manifest, of: application) {
                    // One mention of a kind that nothing defines is enough.
                    if finding.severity == .note, !unknownKinds.insert(manifest.id.groupKind).inserted { continue }
                    material.findings.append(finding)
                }
                if let refusal = configuration?.refusal(of: manifest) { material.findings.append(refusal) }
                for note in SentForm.notes([manifest]) {
                    let text = note.hasPrefix("\(manifest.id): ") ? note.dropFirst("\(manifest.id): ".count) : note[...]
                    material.findings.append(ReviewFinding(.warning, manifest, "metadata.annotations", String(text)))
                }
            }
            for reference in ExternalReference.all(in: part.manifests, isProvided: { made.contains($0) })
            where needed.insert(reference.object).inserted {
                guard let referrer = part.manifests.first(where: { $0.id == reference.referrer }) else { continue }
                material.findings.append(
                    ReviewFinding(
                        .note, referrer, "",
                        "needs the \(reference.object) (\(reference.place)), which no manifest has: its rollout waits until "
                            + "it is in the cluster"))
            }
        }
        for cluster in Set(material.pipeline.environments.map(\.clusterName)).sorted() {
            let targets = Set(material.pipeline.targets(in: cluster))
            addOrder(nodes.filter { targets.contains($0.target) }, targets, to: &material)
        }
        let applications = material.pipeline.applications
        for across in material.pipeline.dependenciesAcrossClusters {
            let number = applications.firstIndex { $0.name == across.target.application }
            let place = number.flatMap { applications[$0].dependsOn.firstIndex(of: across.on.application) }
            let field = number.map { "applications[\($0)].dependsOn" + (place.map { "[\($0)]" } ?? "") }
            material.findings.append(ReviewFinding(.warning, .pipeline(field ?? ""), across.text))
        }
    }

    private func addOrder(_ nodes: [OrderNode], _ targets: Set<TargetID>, to material: inout Material) {
        do throws(OrderError) {
            let graph = try OrderGraph(nodes: nodes, declared: material.pipeline.declaredDependencies(among: targets))
            for dropped in graph.droppedEdges {
                guard let manifest = nodes.first(where: { $0.manifest.id == dropped.edge.from })?.manifest else {
                    continue
                }
                material.findings.append(
                    ReviewFinding(
                        dropped.isUnknown ? .warning : .note, manifest, "",
                        "does not wait for \(dropped.edge.to) (\(dropped.edge.kind.rawValue): \(dropped.edge.reason)): it "
                            + dropped.reason))
            }
        } catch {
            let number = material.pipeline.applications.firstIndex { $0.name == error.path.first?.application }
            material.findings.append(
                ReviewFinding(
                    .error, .pipeline(number.map { "applications[\($0)].dependsOn" } ?? ""), error.description))
        }
    }

    /// What the pipeline says against what is there; and every finding with its place.
    private func review(_ material: Material, _ tree: any FileTree) throws -> [ValidationProblem] {
        let exists = { (path: String) in ((try? tree.entry(at: path)) ?? nil) != nil }
        var findings = material.findings
        findings += PipelineReview(pipeline: material.pipeline, parts: material.parts).findings(
            exists: exists, timeZones: timeZones, clusters: configuration?.clusters)
        findings += configuration?.findings(on: material.pipeline) ?? []
        let locator = FieldLocator(tree)
        return findings.map { ValidationProblem($0, locator, pipelineFile: GitSource.pipelineFile) }
    }
}
