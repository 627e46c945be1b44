// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Who follows a log: told what comes, until the run that they read is over, or its pod is gone.
struct LogFollowers {
    private struct Follower {
        var options: LogOptions
        var run: PodLog.Run
        var sent: Int
        var output: AsyncStream<[UInt8]>.Continuation
    }

    /// The most that are kept: those who have gone away are noticed only once their pod changes.
    private static let limit = 1000

    private var open: [StoreKey: [Follower]] = [:]
    private var count = 0

    /// - Returns: what is there, and then what comes.
    mutating func follow(_ key: StoreKey, _ run: PodLog.Run, _ options: LogOptions) -> AsyncStream<[UInt8]> {
        // As much as a run can still write; more than a consumer that reads at all leaves lying.
        let (stream, output) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingOldest(100))
        let bytes = options.selected(run.lines)
        if !bytes.isEmpty { output.yield(bytes) }
        guard !run.isOver, !options.isFull(bytes.count), count < Self.limit else {
            output.finish()
            return stream
        }
        open[key, default: []].append(Follower(options: options, run: run, sent: bytes.count, output: output))
        count += 1
        return stream
    }

    /// Tells those who follow the pod that has changed.
    mutating func deliver(_ change: Change, now: Timestamp) {
        guard let followers = open.removeValue(forKey: change.key) else { return }
        count -= followers.count
        let remaining = followers.compactMap { Self.next($0, change.after, now: now) }
        guard !remaining.isEmpty else { return }
        open[change.key] = remaining
        count += remaining.count
    }

    /// Nil once there is nothing more to come.
    private static func next(_ follower: Follower, _ pod: Object?, now: Timestamp) -> Follower? {
        var follower = follower
        let log = pod.map { PodLog(pod: $0, asked: follower.run.container, isPrevious: false, now: now) }
        guard let run = log?.run(like: follower.run) else {
            follower.output.finish()
            return nil
        }
        let known = follower.run.lines.count
        let bytes = follower.options.bytes(run.lines.dropFirst(known), after: follower.sent)
        follower.run = run
        follower.sent += bytes.count
        var hasReader = true
        if !bytes.isEmpty, case .terminated = follower.output.yield(bytes) { hasReader = false }
        guard hasReader, !run.isOver, !follower.options.isFull(follower.sent) else {
            follower.output.finish()
            return nil
        }
        return follower
    }
}

extension APIServer {
    /// The subresource `log` of a pod.
    mutating func podLog(_ route: Route, _ target: RequestTarget) throws(StatusError) -> SandboxResponse {
        let pod = try get(route)
        let options = try LogOptions(target, now: now())
        let log = PodLog(pod: pod, asked: options.container, isPrevious: options.isPrevious, now: now())
        let run = try log.run()
        let headers = [(name: "content-type", value: "text/plain")]
        guard let run, options.follows else {
            return SandboxResponse(status: 200, headers: headers, body: .bytes(options.selected(run?.lines ?? [])))
        }
        let key = StoreKey(kind: route.type.storage, namespace: pod.namespace, name: pod.name)
        return SandboxResponse(
            status: 200, headers: headers, body: .stream(logFollowers.follow(key, run, options)))
    }
}
