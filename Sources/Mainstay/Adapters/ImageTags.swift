// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// What finding an image's tag asks of a repository.
protocol TagHistory: Sendable {
    /// The commit that last changed a path; nil where no commit has it.
    func lastCommit(touching path: String, from commit: CommitID) async throws(GitError) -> CommitID?
    func isAncestor(_ a: CommitID, of b: CommitID) async throws(GitError) -> Bool
}

extension GitMirror: TagHistory {}

extension LocalRepository: TagHistory {}

/// Finds the tags that an application's images have at a commit.
struct ImageTags: Sendable {
    let application: Application
    let history: any TagHistory

    /// True where a tag moves with the application's inputs: then these must be known first.
    var dependOnInputs: Bool { application.images.contains { $0.tag == .revision } }

    /// - Parameter inputs: the paths that the application is rendered from.
    /// - Throws: `SourceFailure` where a folder that a tag follows has no history.
    func resolved(at commit: CommitID, inputs: [String]) async throws(SourceFailure) -> [ImageOverride] {
        var overrides: [ImageOverride] = []
        for image in application.images {
            let tag = try await tag(of: image, at: commit, inputs: inputs)
            overrides.append(ImageOverride(name: image.name, newName: image.newName, newTag: tag))
        }
        return overrides
    }

    /// The override of an image whose tag stands in the pipeline, or stays as it is; nil where it follows commits.
    static func written(_ image: Application.Image) -> ImageOverride? {
        switch image.tag {
        case .literal(let tag): ImageOverride(name: image.name, newName: image.newName, newTag: tag)
        case nil: ImageOverride(name: image.name, newName: image.newName)
        case .lastCommit, .revision: nil
        }
    }

    private func tag(
        of image: Application.Image, at commit: CommitID, inputs: [String]
    ) async throws(SourceFailure) -> String? {
        switch image.tag {
        case .literal(let tag): tag
        case .revision: try await newest(touching: inputs, at: commit)
        case .lastCommit(let from): try await newest(touching: [from], at: commit)
        case nil: nil
        }
    }

    /// The commit that holds the last change of any of the paths.
    private func newest(touching paths: [String], at commit: CommitID) async throws(SourceFailure) -> String {
        do throws(GitError) {
            var newest: CommitID?
            for path in paths {
                guard let found = try await history.lastCommit(touching: path, from: commit), found != newest else {
                    continue
                }
                if let known = newest, try await history.isAncestor(found, of: known) { continue }
                newest = found
            }
            if let newest { return newest.hex }
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
        throw SourceFailure(
            code: .manifests,
            message: "\(GitSource.pipelineFile): application \(application.name): no commit ever touched "
                + "\(paths.joined(separator: ", ")), which an image's tag follows (from)", isTransient: false)
    }
}
