// SPDX-License-Identifier: Apache-2.0

import CGit2
package import Manifests

/// Makes commits out of files in memory, in a bare repository: what the demo merges.
///
/// Calls block; use it where that is allowed. Not for a mirror, which only ever copies.
package struct RepositoryWriter: Sendable {
    package let path: String
    private let author: String

    /// Makes the repository at an absolute path that does not exist yet.
    package init(creating path: String, author: String) throws(GitError) {
        LibGit2.start()
        self.path = path
        self.author = author
        do {
            let repository = try Owned.make(free: git_repository_free) { git_repository_init(&$0, path, 1) }
            // So that a clone checks out what is committed.
            try LibGit2Code.check(git_repository_set_head(repository.pointer, "refs/heads/main"))
        } catch {
            throw GitError(.other, path, "the repository cannot be made: \(error.message)")
        }
    }

    /// Commits exactly these files (path to text) on top of the branch, and moves the branch to it.
    package func commit(
        _ files: [String: String], message: String, branch: String = "main", at time: Timestamp
    ) throws(GitError) -> CommitID {
        do {
            let repository = try Owned.make(free: git_repository_free) { git_repository_open_bare(&$0, path) }
            let entries = files.map { (path: $0.key.split(separator: "/").map(String.init)[...], text: $0.value) }
            var treeID = try writeTree(entries, in: repository.pointer)
            let tree = try Owned.make(free: git_tree_free) { git_tree_lookup(&$0, repository.pointer, &treeID) }
            return try writeCommit(tree.pointer, message, branch, time, in: repository.pointer)
        } catch {
            throw GitError(.other, path, "cannot commit: \(error.message)")
        }
    }

    private func writeTree(
        _ files: [(path: ArraySlice<String>, text: String)], in repository: OpaquePointer
    ) throws(LibGit2Code) -> git_oid {
        let builder = try Owned.make(free: git_treebuilder_free) { git_treebuilder_new(&$0, repository, nil) }
        for (name, below) in Dictionary(grouping: files, by: { $0.path.first ?? "" }).sorted(by: { $0.key < $1.key }) {
            var id = git_oid()
            var mode = GIT_FILEMODE_BLOB
            if let file = below.first(where: { $0.path.count == 1 }) {
                let bytes = Array(file.text.utf8)
                try LibGit2Code.check(git_blob_create_from_buffer(&id, repository, bytes, bytes.count))
            } else {
                id = try writeTree(below.map { ($0.path.dropFirst(), $0.text) }, in: repository)
                mode = GIT_FILEMODE_TREE
            }
            try LibGit2Code.check(git_treebuilder_insert(nil, builder.pointer, name, &id, mode))
        }
        var id = git_oid()
        try LibGit2Code.check(git_treebuilder_write(&id, builder.pointer))
        return id
    }

    private func writeCommit(
        _ tree: OpaquePointer, _ message: String, _ branch: String, _ time: Timestamp, in repository: OpaquePointer
    ) throws(LibGit2Code) -> CommitID {
        var signature: UnsafeMutablePointer<git_signature>?
        try LibGit2Code.check(
            git_signature_new(&signature, author, "demo@example.com", time.millisecondsSinceEpoch / 1000, 0))
        defer { git_signature_free(signature) }
        let reference = "refs/heads/\(branch)"
        var id = git_oid()
        var parentID = git_oid()
        let hasParent = git_reference_name_to_id(&parentID, repository, reference) == 0
        if hasParent {
            let parent = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &parentID) }
            var parents: [OpaquePointer?] = [parent.pointer]
            try LibGit2Code.check(
                git_commit_create(
                    &id, repository, reference, signature, signature, nil, message, tree, 1, &parents))
        } else {
            try LibGit2Code.check(
                git_commit_create(&id, repository, reference, signature, signature, nil, message, tree, 0, nil))
        }
        return id.commitID
    }
}
