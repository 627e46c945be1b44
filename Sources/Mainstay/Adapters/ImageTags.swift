// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// Finds the tags that an application's images have at a commit.
struct ImageTags: Sendable {
    let application: Application
    let mirror: GitMirror

    /// - Throws: `SourceFailure` where a folder that a tag follows has no history.
    func resolved(at commit: CommitID) async throws(SourceFailure) -> [ImageOverride] {
        var overrides: [ImageOverride] = []
        for image in application.images {
            overrides.append(
                ImageOverride(name: image.name, newName: image.newName, newTag: try await tag(of: image, at: commit)))
        }
        return overrides
    }

    private func tag(of image: Application.Image, at commit: CommitID) async throws(SourceFailure) -> String? {
        switch image.tag {
        case .literal(let tag): return tag
        case .revision: return try await lastCommit(touching: [GitSource.pipelineFile], at: commit)
        case .lastCommit(let from): return try await lastCommit(touching: [from], at: commit)
        case nil: return nil
        }
    }

    private func lastCommit(touching paths: [String], at commit: CommitID) async throws(SourceFailure) -> String {
        do throws(GitError) {
            for path in paths {
                if let found = try await mirror.lastCommit(touching: path, from: commit) { return found.hex }
            }
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
        throw SourceFailure(
            code: .manifests,
            message: "\(GitSource.pipelineFile): application \(application.name): no commit ever touched "
                + "\(paths.joined(separator: ", ")), which an image's tag follows (from)", isTransient: false)
    }
}
