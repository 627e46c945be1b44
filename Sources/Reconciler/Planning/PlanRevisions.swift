// SPDX-License-Identifier: Apache-2.0

/// What a person may name a revision by.
struct PlanRevisions: Sendable {
    let source: any Source
    /// Of the repository, in words.
    let url: String
    /// The commit that an id, or the beginning of one, means in the mirror; nil where none does.
    let commit: @Sendable (String) async throws(SourceFailure) -> String?

    /// A branch as it is on the remote now, or else as the mirror has it; then a commit.
    func resolve(_ revision: String) async throws -> (commit: String, subject: String) {
        if let id = try await commit(revision) { return (id, "commit \(id.prefix(7))") }
        var failure: SourceFailure?
        do throws(SourceFailure) {
            if let head = try await source.fetch([revision])[revision] {
                return (head, "branch \(revision) at \(head.prefix(7))")
            }
        } catch {
            failure = error
        }
        if let head = try await source.localHeads([revision])[revision] {
            return (head, "branch \(revision) at \(head.prefix(7)), as it was fetched last")
        }
        throw DaemonPlanner.Failure(
            failure?.isTransient == true ? .unavailable : .unknown,
            "there is no branch and no commit \"\(revision)\" in \(url)"
                + (failure.map { ": \($0.message)" } ?? ""))
    }
}
