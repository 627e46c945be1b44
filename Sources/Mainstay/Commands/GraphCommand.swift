// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Manifests
internal import Planning
internal import Reconciler

struct GraphCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, dot, mermaid, svg
    }

    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Show in which order objects are rolled out, and why: every dependency with its reason.",
        discussion: """
            Over all applications and environments of a repository with a mainstay.yaml, or of a folder by itself. \
            Objects of one wave go side by side, each as soon as what it waits for is healthy. With --application or \
            --environment: those, what they wait for elsewhere, and what waits for them. No daemon and no cluster are \
            needed.

            A dependency is declared (dependsOn), from an annotation, structural (one object names the other) or \
            inferred (an address leads there). An inferred one that would close a cycle is left out, and told.

            Exit status: 0 when all of it could be rendered and ordered, 1 when not.
            """)

    @OptionGroup var files: FilesOptions

    @Option(name: [.customShort("o"), .long], help: "text, dot (Graphviz), mermaid, or svg: a picture by itself.")
    var output = Format.text

    func run() async throws {
        let rendering: LocalRendering
        do {
            rendering = try await files.rendering()
        } catch {
            throw CommandFailure.start("\(error)")
        }
        let pictures: [(cluster: String, picture: OrderPicture)]
        let problems: [String]
        do {
            (pictures, problems) = try await Self.pictures(of: rendering)
        } catch {
            throw CommandFailure.failed("\(error)")
        }
        guard output == .text || pictures.count < 2 else {
            throw CommandFailure.start(
                "a picture is of one cluster, and the environments are in \(pictures.count): name one with --environment"
            )
        }
        for (cluster, picture) in pictures {
            let text =
                switch output {
                case .text where pictures.count > 1:
                    "\(ClusterPlace.words(cluster).withoutControls):\n\(picture.text)"
                case .text: picture.text
                case .dot: picture.dot
                case .mermaid: picture.mermaid
                case .svg: OrderSVG(picture: picture).text
                }
            writeLine(text, to: 1)
        }
        guard problems.isEmpty else { throw CommandFailure.failed(problems.joined(separator: "\n")) }
    }

    /// All of the pipeline is rendered: what is asked for may wait for what is not.
    /// Each cluster has an order of its own.
    static func pictures(
        of rendering: LocalRendering
    ) async throws -> (pictures: [(cluster: String, picture: OrderPicture)], problems: [String]) {
        var whole = rendering
        whole.environment = nil
        whole.application = nil
        var shown: Set<TargetID>?
        let isFiltered = rendering.environment != nil || rendering.application != nil
        if isFiltered, let pipeline = try await rendering.pipeline() {
            shown = Set(
                try rendering.targets(of: pipeline).map {
                    TargetID(application: $0.0.name, environment: $0.1.name)
                })
            whole = LocalRendering(files: rendering.files.atRoot, isPipelineMeant: true)
        }
        let rendered = try await whole.allTargets(namespace: "default")
        var problems: [String] = []
        var parts: [String: [LocalRendering.Target]] = [:]
        for target in rendered.targets {
            if let problem = target.problem { problems.append("\(target.id): \(problem)") }
            parts[rendered.pipeline?.environment(target.id.environment)?.clusterName ?? "", default: []].append(target)
        }
        let asked = shown.map { shown in parts.filter { $0.value.contains { shown.contains($0.id) } } } ?? parts
        let pictures = try asked.sorted { $0.key < $1.key }.map { cluster, targets in
            (cluster, try picture(of: targets, rendered.pipeline, shown: shown))
        }
        return (pictures.isEmpty ? [("", try picture(of: [], nil, shown: shown))] : pictures, problems)
    }

    private static func picture(
        of rendered: [LocalRendering.Target], _ pipeline: Pipeline?, shown: Set<TargetID>?
    ) throws -> OrderPicture {
        var nodes: [OrderNode] = []
        var targets: [ObjectID: TargetID] = [:]
        for target in rendered {
            for manifest in target.manifests {
                nodes.append(OrderNode(target: target.id, manifest: manifest))
                if targets[manifest.id] == nil { targets[manifest.id] = target.id }
            }
        }
        let declared = pipeline?.declaredDependencies(among: Set(rendered.map(\.id))) ?? [:]
        return OrderPicture(try OrderGraph(nodes: nodes, declared: declared), targets: targets, shown: shown)
    }
}
