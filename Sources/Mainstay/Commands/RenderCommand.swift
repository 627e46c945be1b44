// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Kustomize
internal import Manifests

struct RenderCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case yaml, json
    }

    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Print the objects that a folder, an application or a whole repository stands for.",
        discussion: """
            A kustomization is built as `kubectl kustomize` builds it; a folder without one stands for the manifests in \
            it. No daemon, no cluster and no network are needed.

            Where PATH is the root of a repository with a mainstay.yaml, or with --environment or --application, the \
            applications are rendered as they would be deployed: with their images and namespace, but without the \
            owner label.

            Exit status: 0 when all of it could be rendered, 1 when not; what is wrong is on standard error.
            """)

    @OptionGroup var files: FilesOptions

    @Option(name: [.customShort("o"), .long], help: "yaml: a document an object; json: one List.")
    var output = Format.yaml

    func run() async throws {
        let rendering: LocalRendering
        do {
            rendering = try await files.rendering()
        } catch {
            throw CommandFailure.start("\(error)")
        }
        let parts: [LocalRendering.Part]
        do {
            parts = try await rendering.parts()
        } catch {
            throw CommandFailure.failed("\(error)")
        }
        for warning in parts.flatMap(\.warnings) {
            writeLine("warning: \(warning.description.withoutControls)\n", to: 2)
        }
        write(parts)
    }

    private func write(_ parts: [LocalRendering.Part]) {
        switch output {
        case .json:
            let items = parts.flatMap(\.objects).map { Value.object($0.sortedByKey) }
            writeLine(JSON.prettyText(["apiVersion": "v1", "kind": "List", "items": .array(items)]) + "\n", to: 1)
        case .yaml:
            // Object by object: the whole text would take more memory than the objects.
            var separator = ""
            for part in parts {
                for (index, object) in part.objects.enumerated() {
                    let title = index == 0 ? part.title.map { "# \($0)\n" } ?? "" : ""
                    writeLine(separator + title + YAML.text(.object(object.inPrintedOrder)), to: 1)
                    separator = "---\n"
                }
            }
        }
    }
}
