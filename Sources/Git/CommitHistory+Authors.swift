// SPDX-License-Identifier: Apache-2.0

import CGit2

extension CommitHistory {
    /// Who wrote the commits that `commit` has and `base` has not, as far as they changed one of the paths; each once.
    /// Merges count as their authors' where they differ from what git makes of their parents by itself. Without a base,
    /// of the newest commit that changed one of them, and is no merge, and of the merges before that.
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
            guard count < min(limit, Self.authoredCommits) else { return nil }
            if count.isMultiple(of: 256), Task.isCancelled { throw LibGit2Code.cancelled }
            var key = id
            let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &key) }
            guard try changes(commit.pointer, paths, in: repository) else { continue }
            let author = CommitAuthorInfo(commit.pointer)
            if !authors.contains(author) { authors.append(author) }
            if base == nil, git_commit_parentcount(commit.pointer) < 2 { return authors }
        }
        return authors
    }

    /// Each costs a look at every path.
    private static let authoredCommits = 5000

    private func changes(
        _ commit: OpaquePointer, _ paths: [String], in repository: OpaquePointer
    ) throws(LibGit2Code) -> Bool {
        guard let first = try parent(0, of: commit, in: repository) else { return true }
        let contents = try self.contents(commit, paths)
        let isFirst = try self.contents(first.pointer, paths) == contents
        guard let second = try parent(1, of: commit, in: repository) else { return !isFirst }
        // Nothing was merged here, or more than two: the latter, git merges one after the other.
        if isFirst, try self.contents(second.pointer, paths) == contents { return false }
        guard git_commit_parentcount(commit) == 2 else { return !isFirst }
        return try mergedContents(first.pointer, second.pointer, paths, in: repository).map { $0 != contents } ?? true
    }

    private func parent(
        _ place: UInt32, of commit: OpaquePointer, in repository: OpaquePointer
    ) throws(LibGit2Code) -> Owned? {
        guard let id = git_commit_parent_id(commit, place) else { return nil }
        var key = id.pointee
        return try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &key) }
    }

    private func contents(_ commit: OpaquePointer, _ paths: [String]) throws(LibGit2Code) -> [PathContent?] {
        let tree = try Owned.make(free: git_tree_free) { git_commit_tree(&$0, commit) }
        return try contents(of: tree.pointer, paths)
    }

    private func contents(of tree: OpaquePointer, _ paths: [String]) throws(LibGit2Code) -> [PathContent?] {
        var contents: [PathContent?] = []
        for path in paths { contents.append(try PathContent(path, in: tree)) }
        return contents
    }

    /// What git makes of two commits; nil where they conflict in one of the paths, which somebody had to settle.
    private func mergedContents(
        _ ours: OpaquePointer, _ theirs: OpaquePointer, _ paths: [String], in repository: OpaquePointer
    ) throws(LibGit2Code) -> [PathContent?]? {
        var options = git_merge_options()
        try LibGit2Code.check(git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION)))
        let index = try Owned.make(free: git_index_free) {
            git_merge_commits(&$0, repository, ours, theirs, &options)
        }
        if git_index_has_conflicts(index.pointer) != 0 {
            for conflict in try conflicts(in: index.pointer)
            where paths.contains(where: { $0.isEmpty || conflict == $0 || conflict.hasPrefix("\($0)/") }) {
                return nil
            }
            try LibGit2Code.check(git_index_conflict_cleanup(index.pointer))
        }
        var id = git_oid()
        try LibGit2Code.check(git_index_write_tree_to(&id, index.pointer, repository))
        let tree = try Owned.make(free: git_tree_free) { git_tree_lookup(&$0, repository, &id) }
        return try contents(of: tree.pointer, paths)
    }

    private func conflicts(in index: OpaquePointer) throws(LibGit2Code) -> [String] {
        let iterator = try Owned.make(free: git_index_conflict_iterator_free) {
            git_index_conflict_iterator_new(&$0, index)
        }
        var paths: [String] = []
        while true {
            var sides:
                (UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?, UnsafePointer<git_index_entry>?)
            sides = (nil, nil, nil)
            let code = git_index_conflict_next(&sides.0, &sides.1, &sides.2, iterator.pointer)
            if code == GIT_ITEROVER.rawValue { return paths }
            try LibGit2Code.check(code)
            for side in [sides.0, sides.1, sides.2] {
                if let path = side?.pointee.path { paths.append(String(cString: path)) }
            }
        }
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
