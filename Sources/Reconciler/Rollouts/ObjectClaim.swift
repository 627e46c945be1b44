// SPDX-License-Identifier: Apache-2.0

package import Manifests
package import Planning

/// Whose an object is: asked before anything of a rollout is applied, and again at the moment of sending, since it may
/// have become somebody else's by then.
package struct ObjectClaim: Sendable {
    let target: TargetID
    /// The mark of this daemon (`SourceMark`); empty where its objects carry none.
    let source: String
    /// That, and its earlier ones.
    let ownMarks: @Sendable () async throws -> Set<String>
    /// Whether an application still asks for an object, as far as is known.
    let mayWant: @Sendable (TargetID, ObjectID) -> Bool

    package init(
        target: TargetID, source: String, ownMarks: @escaping @Sendable () async throws -> Set<String>,
        mayWant: @escaping @Sendable (TargetID, ObjectID) -> Bool
    ) {
        self.target = target
        self.source = source
        self.ownMarks = ownMarks
        self.mayWant = mayWant
    }

    init(of target: TargetID, _ context: ReconcilerContext) {
        self.init(
            target: target, source: context.settings.source, ownMarks: { try await context.ownMarks() },
            mayWant: { [board = context.board] in board.mayWant($0, $1) })
    }

    /// Why a live object is not the application's to touch; nil where it is.
    func refusal(of live: Object, _ origin: Origin?) async throws -> Cause? {
        let place = origin.map { " (\($0))" } ?? ""
        // An application that no longer asks for an object hands it to the one that does now.
        if let owner = Ownership.claimedTarget(of: live), owner != target, mayWant(owner, live.objectID) {
            return Cause(
                object: live.objectID, reason: "OwnedByOther",
                message: "belongs to the application \(owner), so \(target) does not touch it; remove it from one of "
                    + "the two\(place)")
        }
        // Few objects are another daemon's: only of those the ledger is asked.
        guard !source.isEmpty, SourceMark.foreignSource(of: live, own: [source]) != nil,
            let foreign = SourceMark.foreignSource(of: live, own: try await ownMarks())
        else { return nil }
        return Cause(
            object: live.objectID, reason: Self.foreignSource,
            message: SourceMark.explanation(of: foreign, ours: source) + place)
    }

    static let foreignSource = "OwnedByOtherSource"
}
