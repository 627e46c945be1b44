// SPDX-License-Identifier: Apache-2.0

import CGit2

extension CommitHistory {
    /// Who wrote the commits that `commit` has and `base` has not, as far as they changed one of the paths; each once.
    /// Merges count as their authors' where they differ from their first parent. Without a base, of the newest commit
    /// that changed one of them.
    ///
    /// - Returns: nil where the limit was reached.
    func authors(
        of commit: CommitID, notIn base: CommitID?, touching paths: [String], in repository: OpaquePointer
    ) throws(LibGit2Code) -> [CommitAuthorInfo]? {
        let walk = try Owned.make(free: git_revwalk_free) { git_revwalk_new(&$0, repository) }
        try LibGit2Code.check(
            git_revwalk_sorting(walk.pointer, UInt32(bitPattern: Int32(GIT_SORT_TOPOLOGICAL.rawValue))))
        var start = git_oid(commit)
        try LibGit2Code.check(git_revwalk_push(walk.pointer, &start))
        if let base {
            var end = git_oid(base)
            try LibGit2Code.check(git_revwalk_hide(walk.pointer, &end))
        }
        var authors: [CommitAuthorInfo] = []
        var id = git_oid()
        for count in 0... {
            let code = git_revwalk_next(&id, walk.pointer)
            if code == GIT_ITEROVER.rawValue { return authors }
            try LibGit2Code.check(code)
            guard count < limit else { return nil }
            if count.isMultiple(of: 256), Task.isCancelled { throw LibGit2Code.cancelled }
            var key = id
            let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &key) }
            guard try changes(commit.pointer, paths, in: repository) else { continue }
            let author = CommitAuthorInfo(commit.pointer)
            if !authors.contains(author) { authors.append(author) }
            if base == nil { return authors }
        }
        return authors
    }

    private func changes(
        _ commit: OpaquePointer, _ paths: [String], in repository: OpaquePointer
    ) throws(LibGit2Code) -> Bool {
        guard let parentID = git_commit_parent_id(commit, 0) else { return true }
        var key = parentID.pointee
        let parent = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &key) }
        for path in paths where try PathContent(path, of: commit) != PathContent(path, of: parent.pointer) {
            return true
        }
        return false
    }
}

/// Who wrote a commit.
package struct CommitAuthorInfo: Sendable, Hashable {
    package var name: String
    package var email: String

    fileprivate init(_ commit: OpaquePointer) {
        let author = git_commit_author(commit)
        name = (author?.pointee.name).map { String(cString: $0) } ?? ""
        email = (author?.pointee.email).map { String(cString: $0) } ?? ""
    }
}
