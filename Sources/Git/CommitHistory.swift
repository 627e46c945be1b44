// SPDX-License-Identifier: Apache-2.0

import CGit2

/// What commits say of each other and of paths. Runs on the thread of whoever owns the repository.
struct CommitHistory {
    /// Commits that one walk may look at.
    let limit: Int

    /// The commit that last changed a file or folder, as `git log -1 -- PATH` finds it; some nil where no commit in the
    /// simplified history has it, nil where the limit was reached.
    ///
    /// As there, a merge whose path equals that of a parent is no change, and the walk goes on with the first such
    /// parent (git-log(1), "History Simplification").
    func lastCommit(
        touching path: String, from commit: CommitID, in repository: OpaquePointer, known: inout LastCommitCache
    ) throws(LibGit2Code) -> CommitID?? {
        let path = path.split(separator: "/").joined(separator: "/")
        var walked: [CommitID] = []
        let answer = try walk([path], from: commit, in: repository) { id in
            if let answer = known[path, id] { return .some(answer) }
            walked.append(id)
            return nil
        }
        if let answer { known.remember(answer, path: path, commits: walked) }
        return answer
    }

    /// The same for any of several paths, as `git log -1 -- PATH PATH` finds it: a merge that is the first to hold
    /// changes made side by side is a change.
    func lastCommit(
        touchingAny paths: [String], from commit: CommitID, in repository: OpaquePointer
    ) throws(LibGit2Code) -> CommitID?? {
        try walk(
            paths.map { $0.split(separator: "/").joined(separator: "/") }, from: commit, in: repository
        ) { _ in nil }
    }

    /// - Parameter known: the answer at a commit, where it is known.
    private func walk(
        _ paths: [String], from commit: CommitID, in repository: OpaquePointer, known: (CommitID) -> CommitID??
    ) throws(LibGit2Code) -> CommitID?? {
        var current = try CommitNode(git_oid(commit), paths: paths, in: repository)
        for count in 1...max(limit, 1) {
            let id = current.id.commitID
            if let answer = known(id) { return answer }
            if count.isMultiple(of: 256), Task.isCancelled { throw LibGit2Code.cancelled }
            let step: CommitNode.Step
            do throws(LibGit2Code) {
                step = try current.step(paths: paths, in: repository)
            } catch {
                throw error.asMissingObject
            }
            switch step {
            case .same(let parent): current = parent
            case .changedHere: return .some(id)
            case .neverThere: return .some(nil)
            }
        }
        return nil
    }

    /// The answer, or the error that says why there is none.
    func found(_ answer: CommitID??, path: String, from commit: CommitID) throws(GitError) -> CommitID? {
        if let answer { return answer }
        throw GitError(
            .tooLarge, "commit \(commit), \(path)", "no change of it in the last \(limit) commits",
            hint: "give the path's tag another way than by its last commit")
    }

    /// Whether `b` holds everything that `a` does; a commit is its own ancestor.
    static func isAncestor(_ a: CommitID, of b: CommitID, in repository: OpaquePointer) throws(LibGit2Code) -> Bool {
        var (ancestor, descendant) = (git_oid(a), git_oid(b))
        for var id in [ancestor, descendant] {
            _ = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &id) }
        }
        if a == b { return true }
        let answer = git_graph_descendant_of(repository, &descendant, &ancestor)
        try LibGit2Code.check(answer)
        return answer == 1
    }
}

/// A commit reduced to what its tree has at some paths.
private struct CommitNode {
    enum Step {
        case changedHere
        case neverThere
        case same(CommitNode)
    }

    let id: git_oid
    private let parents: [git_oid]
    private let contents: [PathContent?]

    init(_ id: git_oid, paths: [String], in repository: OpaquePointer) throws(LibGit2Code) {
        var key = id
        let commit = try Owned.make(free: git_commit_free) { git_commit_lookup(&$0, repository, &key) }
        self.id = id
        parents = (0..<git_commit_parentcount(commit.pointer)).compactMap {
            git_commit_parent_id(commit.pointer, $0)?.pointee
        }
        var contents: [PathContent?] = []
        for path in paths { contents.append(try PathContent(path, of: commit.pointer)) }
        self.contents = contents
    }

    func step(paths: [String], in repository: OpaquePointer) throws(LibGit2Code) -> Step {
        if parents.isEmpty { return contents.allSatisfy { $0 == nil } ? .neverThere : .changedHere }
        for parent in parents {
            let node = try CommitNode(parent, paths: paths, in: repository)
            if node.contents == contents { return .same(node) }
        }
        return .changedHere
    }
}

/// An entry's object and mode: a change of either is a change.
struct PathContent: Equatable {
    let id: String
    let mode: UInt32

    /// Nil where the commit's tree has no such path.
    init?(_ path: String, of commit: OpaquePointer) throws(LibGit2Code) {
        let tree = try Owned.make(free: git_tree_free) { git_commit_tree(&$0, commit) }
        try self.init(path, in: tree.pointer)
    }

    init?(_ path: String, in tree: OpaquePointer) throws(LibGit2Code) {
        if path.isEmpty {
            id = git_tree_id(tree).pointee.hex
            mode = GIT_FILEMODE_TREE.rawValue
            return
        }
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, tree, path)
        guard code == 0, let entry else {
            let failed = LibGit2Code(code)
            if failed.isNotFound, failed.klass == Int32(bitPattern: GIT_ERROR_TREE.rawValue) { return nil }
            throw failed
        }
        defer { git_tree_entry_free(entry) }
        id = git_tree_entry_id(entry).pointee.hex
        mode = UInt32(git_tree_entry_filemode(entry).rawValue)
    }
}

/// Answers by path and commit; emptied when full, since the commits in it are old by then.
struct LastCommitCache {
    private struct Key: Hashable {
        let path: String
        let commit: CommitID
    }

    private let limit = 20_000
    private var answers: [Key: CommitID?] = [:]

    /// Nil: not known. Some of nil: known to have no answer.
    subscript(path: String, commit: CommitID) -> CommitID?? { answers[Key(path: path, commit: commit)] }

    /// Remembers it for where the walk began and where it ended, which is where later walks arrive.
    mutating func remember(_ answer: CommitID?, path: String, commits: [CommitID]) {
        if answers.count >= limit { answers = [:] }
        for commit in [commits.first, commits.last].compactMap({ $0 }) {
            answers[Key(path: path, commit: commit)] = answer
        }
    }
}
