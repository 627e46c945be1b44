// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning

/// Local files as a plan and a graph need them: each application by itself, so that a broken one hides no other.
extension LocalRendering {
    struct Target: Sendable {
        var id: TargetID
        var application: Application
        var manifests: [Manifest]
        var warnings: [String]
        /// Why it could not be rendered: a line for each thing that is wrong.
        var problem: String?
    }

    struct Targets: Sendable {
        /// Nil where a path was rendered by itself.
        var pipeline: Pipeline?
        var targets: [Target]
    }

    /// - Parameter namespace: for the objects of a path by itself that state none.
    func allTargets(namespace: String) async throws -> Targets {
        guard let pipeline = try await pipeline() else {
            return Targets(targets: [try await pathByItself(namespace)])
        }
        var found: [Target] = []
        for (application, environment) in try targets(of: pipeline) {
            let id = TargetID(application: application.name, environment: environment.name)
            var target = Target(id: id, application: application, manifests: [], warnings: [])
            do {
                let rendered = try await rendered(application, environment)
                target.manifests = SentForm.manifests(
                    rendered.manifests, of: id, digest: RenderedDigest.of(rendered.manifests),
                    checks: application.verify)
                target.warnings = rendered.warnings.map(\.description) + SentForm.notes(rendered.manifests)
            } catch {
                target.problem = "\(error)"
            }
            found.append(target)
        }
        return Targets(pipeline: pipeline, targets: found)
    }

    private func pathByItself(_ namespace: String) async throws -> Target {
        let name = files.path.split(separator: "/").last.map(String.init) ?? "all"
        let rendered = try await displayingPaths {
            try await files.read { [path = files.path] tree in
                try Renderer.render(RenderRequest(path: path, namespace: namespace), from: tree)
            }
        }
        return Target(
            id: TargetID(application: name, environment: namespace),
            application: Application(name: name, environments: [], path: files.path), manifests: rendered.manifests,
            warnings: rendered.warnings.map(\.description))
    }
}
