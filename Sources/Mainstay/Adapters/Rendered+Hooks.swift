// SPDX-License-Identifier: Apache-2.0

internal import Kustomize
internal import Manifests
internal import Planning

extension Rendered {
    /// With the hooks that the pipeline states for the application.
    ///
    /// - Throws: where one is none of its manifests, with its place in the pipeline.
    func withHooks(of application: Application) throws(RenderErrors) -> Rendered {
        let missing = application.missingHooks(in: manifests).map { hook, message in
            var error = RenderError(.unmatched, file: GitSource.pipelineFile, line: hook.position.line, message)
            error.column = hook.position.column
            error.field = hook.field
            return error
        }
        guard missing.isEmpty else { throw RenderErrors(missing, reads: reads) }
        var rendered = self
        rendered.manifests = application.withStatedHooks(manifests)
        return rendered
    }
}
