// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("What dependents may rely on")
struct DependencyBoardTests {
    private static let (a, b) = (Planet.id("Service", "a"), Planet.id("Service", "b"))

    @Test("Announced, then applied at a generation; what was not applied is withdrawn")
    func states() {
        let board = DependencyBoard()
        #expect(board.state(of: Self.a) == nil)
        board.announce([Self.a, Self.b], by: Planet.nats)
        #expect(board.state(of: Self.a) == .pending(Planet.nats))
        board.applied(Self.a, generation: 4, uid: "u")
        board.withdraw(Planet.api)
        #expect(board.state(of: Self.b) == .pending(Planet.nats))
        board.withdraw(Planet.nats)
        #expect(board.state(of: Self.a) == .applied(generation: 4, uid: "u"))
        #expect(board.state(of: Self.b) == nil)
    }

    @Test("Every change is told")
    func changes() throws {
        let board = DependencyBoard()
        var last = board.changes.version
        func expectNews(_ sourceLocation: SourceLocation = #_sourceLocation) {
            #expect(board.changes.version > last, sourceLocation: sourceLocation)
            last = board.changes.version
        }
        board.announce([Self.a], by: Planet.nats)
        expectNews()
        board.applied(Self.a, generation: nil, uid: "u")
        expectNews()
        board.withdraw(Planet.nats)
        expectNews()
        board.setOrder(try OrderGraph(nodes: [], declared: [:]), claims: [:], unread: [])
        expectNews()
    }

    @Test("Of several that ask for an object the first is its claimant; each may want it, and so may the unread")
    func claims() throws {
        let board = DependencyBoard()
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Service")
        let claims: [ObjectID: [DependencyBoard.Claim]] = [
            Self.a: [.init(target: Planet.api, kind: kind), .init(target: Planet.worker, kind: kind)]
        ]
        board.setOrder(try OrderGraph(nodes: [], declared: [:]), claims: claims, unread: [Planet.nats])
        #expect(board.claimant(of: Self.a) == Planet.api)
        #expect(board.mayWant(Planet.worker, Self.a))
        #expect(board.mayWant(Planet.nats, Self.a))
        #expect(!board.mayWant(Planet.worker, Self.b))
        #expect(board.claimant(of: Self.b) == nil)
    }
}
