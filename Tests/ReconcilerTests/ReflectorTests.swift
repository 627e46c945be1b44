// SPDX-License-Identifier: Apache-2.0

import Reconciler
import Testing

@Suite("What keeps a kind current does next")
struct ReflectorTests {
    private func failure(_ code: ClusterFailure.Code, retryAfter: Duration? = nil) -> ClusterFailure {
        ClusterFailure(code: code, message: "no", retryAfter: retryAfter)
    }

    /// Listed at 100 and watching since.
    private func watching(streams: Bool = false) -> Reflector {
        var reflector = Reflector(streams: streams)
        _ = reflector.read(at: "100")
        if streams { _ = reflector.ended(after: .seconds(300), random: 0) }
        return reflector
    }

    @Test("All there is comes by a watch, by a list where the server cannot, and then the watch goes on from there")
    func begins() {
        var reflector = Reflector()
        #expect(reflector.step == .stream(notOlderThan: ""))
        #expect(reflector.failed(failure(.invalid), after: .zero, random: 0.5) == .zero)
        #expect(reflector.step == .list(notOlderThan: "") && !reflector.usesStreams)
        let isBelieved1 = reflector.read(at: "100")
        #expect(isBelieved1)
        #expect(reflector.step == .watch(after: "100"))
        // Never asked again.
        _ = reflector.failed(failure(.expired), after: .zero, random: 0)
        #expect(reflector.step == .list(notOlderThan: "100"))
    }

    @Test("A watch that never says that this was all is given up for lists, after a second try")
    func unfinished() {
        var reflector = Reflector()
        #expect(reflector.ended(after: .seconds(300), random: 0) > .zero)
        #expect(reflector.step == .stream(notOlderThan: ""))
        _ = reflector.ended(after: .seconds(300), random: 0)
        #expect(reflector.step == .list(notOlderThan: ""))
    }

    @Test(
        "Where a watch breaks off before all there is was told, it is read by a list, and by a watch again the next time",
        arguments: [ClusterFailure.Code.unavailable, .serverError, .expired])
    func broken(code: ClusterFailure.Code) {
        var reflector = Reflector()
        _ = reflector.failed(failure(code), after: .seconds(1), random: 0)
        #expect(reflector.step == .list(notOlderThan: "") && reflector.usesStreams)
        let isBelieved = reflector.read(at: "100")
        #expect(isBelieved)
        _ = reflector.failed(failure(.expired), after: .seconds(1), random: 0)
        #expect(reflector.step == .stream(notOlderThan: "100"))
    }

    @Test("A watch that ends goes on where it ended: at once where it lasted, later where it did not")
    func resumes() {
        for streams in [true, false] {
            var reflector = watching(streams: streams)
            reflector.moved(to: "120")
            reflector.moved(to: "110")
            #expect(reflector.ended(after: .seconds(300), random: 0.5) == .zero)
            #expect(reflector.step == .watch(after: "120"))
            let waits = (0..<8).map { _ in reflector.ended(after: .zero, random: 0) }
            #expect(waits == [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000].map { .milliseconds($0) })
        }
    }

    @Test(
        "A connection that breaks and a server that is busy are no reason to read all anew",
        arguments: [ClusterFailure.Code.unavailable, .serverError, .unauthorized, .forbidden])
    func breaks(code: ClusterFailure.Code) {
        var reflector = watching()
        reflector.moved(to: "130")
        #expect(reflector.failed(failure(code), after: .seconds(1), random: 0) == .milliseconds(800))
        #expect(reflector.step == .watch(after: "130"))
        #expect(reflector.failed(failure(code, retryAfter: .seconds(40)), after: .zero, random: 0) == .seconds(40))
    }

    @Test("What is too old is read anew, not older than what was seen, and the newest where that is refused too")
    func expires() {
        for streams in [true, false] {
            func read(_ version: String) -> Reflector.Step {
                streams ? .stream(notOlderThan: version) : .list(notOlderThan: version)
            }
            var reflector = watching(streams: streams)
            // "Too large resource version" asks for a second's patience.
            #expect(
                reflector.failed(failure(.expired, retryAfter: .seconds(1)), after: .zero, random: 0) == .seconds(1))
            #expect(reflector.step == read("100"))
            // By a list in any case.
            for code in [ClusterFailure.Code.expired, .unavailable] {
                _ = reflector.failed(failure(code), after: .zero, random: 0)
                #expect(reflector.step == .list(notOlderThan: ""))
            }
            let isBelieved2 = reflector.read(at: "200")
            #expect(isBelieved2)
        }
    }

    @Test("A list from before what was seen is not believed, unless the newest is no newer")
    func stale() {
        var reflector = watching()
        _ = reflector.failed(failure(.expired), after: .zero, random: 0)
        let isBelieved3 = reflector.read(at: "90")
        #expect(!isBelieved3)
        #expect(reflector.step == .list(notOlderThan: ""))
        // A cluster that was restored from a backup counts from there.
        let isBelieved4 = reflector.read(at: "95")
        #expect(isBelieved4)
        #expect(reflector.step == .watch(after: "95"))
    }

    @Test("Delays grow to at most a minute, and begin anew after two healthy minutes only")
    func delays() {
        var reflector = watching()
        let waits = (0..<10).map { _ in reflector.failed(failure(.unavailable), after: .seconds(60), random: 0.999) }
        #expect(waits.allSatisfy { $0 < .seconds(60) } && waits.last.map { $0 > .seconds(59) } == true)
        #expect(reflector.failed(failure(.unavailable), after: .seconds(120), random: 0) == .milliseconds(800))
    }

    @Test("What was read an hour or two ago is read anew as its watch ends, and the hours count from there")
    func rereads() {
        for streams in [true, false] {
            var reflector = watching(streams: streams)
            let again: Reflector.Step = streams ? .stream(notOlderThan: "100") : .list(notOlderThan: "100")
            let first = streams ? 1 : 0
            for _ in first..<11 {
                #expect(reflector.ended(after: .seconds(300), random: 0) == .zero)
                #expect(reflector.step == .watch(after: "100"))
            }
            #expect(reflector.ended(after: .seconds(300), random: 0.5) == .zero)
            #expect(reflector.step == .watch(after: "100"), "spread at random")
            #expect(reflector.ended(after: .seconds(300), random: 0) == .zero)
            #expect(reflector.step == again)
            let isBelieved = reflector.read(at: "200")
            #expect(isBelieved)
            #expect(reflector.ended(after: .seconds(300), random: 0) == .zero)
            #expect(reflector.step == .watch(after: "200"))
        }
    }

    @Test("An event that cannot be true has all read anew")
    func doubted() {
        var reflector = watching()
        #expect(reflector.doubted(random: 0) > .zero)
        #expect(reflector.step == .list(notOlderThan: "100"))
    }
}
