// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Kustomize
internal import Manifests
internal import Planning
internal import Reconciler

/// Finds the tags that an application's images have at a commit.
struct ImageTags: Sendable {
    let application: Application
    let environment: String
    let history: any CommitReader

    /// True where a tag moves with the application's inputs: then these must be known first.
    var dependOnInputs: Bool { application.images.contains { $0.tag?.commit(in: environment) == .revision } }

    /// - Parameter inputs: the paths that the application is rendered from.
    /// - Throws: `SourceFailure` where a folder that a tag follows is not there.
    func resolved(at commit: CommitID, inputs: [String]) async throws(SourceFailure) -> [ImageOverride] {
        var overrides: [ImageOverride] = []
        for image in application.images {
            let tag = try await tag(of: image, at: commit, inputs: inputs)
            overrides.append(ImageOverride(name: image.name, newName: image.newName, newTag: tag))
        }
        return overrides
    }

    /// The override of an image whose tag stands in the pipeline, or stays as it is; nil where it follows commits.
    static func written(_ image: Application.Image, in environment: String) -> ImageOverride? {
        guard image.tag?.commit(in: environment) == nil else { return nil }
        return ImageOverride(
            name: image.name, newName: image.newName, newTag: image.tag?.text(in: environment, commit: ""))
    }

    private func tag(
        of image: Application.Image, at commit: CommitID, inputs: [String]
    ) async throws(SourceFailure) -> String? {
        guard let tag = image.tag else { return nil }
        let id: CommitID?
        do throws(GitError) {
            id =
                switch tag.commit(in: environment) {
                case .revision: try await newest(touching: inputs, at: commit)
                case .lastCommit(let from): try await history.lastCommit(touching: from, from: commit)
                case nil: commit
                }
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
        if case .lastCommit(let from) = tag.commit(in: environment) {
            guard let id else { throw failure("names \(from), which no commit ever touched: correct from") }
            // The commit that took it away has nothing to build an image from.
            guard try await isThere(from, at: commit) else {
                throw failure("names \(from), which \(id.hex.prefix(7)) removed: correct from")
            }
        }
        guard let id else { throw failure("follows revision, and no commit touched what it is rendered from") }
        return tag.text(in: environment, commit: id.hex)
    }

    /// The commit that holds the last change of any of the paths.
    private func newest(touching paths: [String], at commit: CommitID) async throws(GitError) -> CommitID? {
        var newest: CommitID?
        // Path by path, since these answers are remembered from commit to commit.
        for path in paths {
            guard let found = try await history.lastCommit(touching: path, from: commit), found != newest else {
                continue
            }
            guard let known = newest else {
                newest = found
                continue
            }
            if try await history.isAncestor(found, of: known) { continue }
            guard try await history.isAncestor(known, of: found) else {
                // Changed side by side: the merge is the first to hold both.
                return try await history.lastCommit(touchingAny: paths, from: commit)
            }
            newest = found
        }
        return newest
    }

    private func isThere(_ path: String, at commit: CommitID) async throws(SourceFailure) -> Bool {
        do {
            return try await history.has(path, at: commit)
        } catch {
            throw GitSource.failure(error, reading: .manifests)
        }
    }

    private func failure(_ message: String) -> SourceFailure {
        SourceFailure(
            code: .manifests,
            message: "\(GitSource.pipelineFile): application \(application.name): an image's tag \(message)",
            isTransient: false)
    }
}
