// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// What all measurements need: time, memory, and lines to print.
enum Measure {
    static func report(_ what: String, _ value: String) {
        print("  " + what.padding(toLength: 46, withPad: " ", startingAt: 0) + value)
        fflush(nil)
    }

    static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await work()
        return (clock.now - start) / .seconds(1)
    }

    static func milliseconds(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1000) }

    static func rate(_ count: Int, _ seconds: Double, of what: String = "") -> String {
        String(format: "%.0f%@/s", Double(count) / seconds, what.isEmpty ? "" : " \(what)")
    }

    /// Since some beginning, the same for all threads.
    static func nanoseconds() -> Int64 { Int64(ProcessInfo.processInfo.systemUptime * 1e9) }

    /// In MB, as the kernel counts it (proc_pid_status(5)): `VmRSS` is now, `VmHWM` the most there was.
    static func memory(_ field: String = "VmRSS", of process: String = "self") -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return (line?.split { $0 == " " || $0 == "\t" }.compactMap { Int($0) }.first ?? 0) / 1024
    }

    /// User and system time (proc_pid_stat(5), fields 14 and 15).
    static func processorSeconds(of process: String) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// This program again, with other arguments.
struct Child {
    private let process = Process()

    init(_ arguments: [String], input: Pipe? = nil, output: Pipe? = nil) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        if let input { process.standardInput = input }
        if let output { process.standardOutput = output }
        try process.run()
    }

    var id: String { String(process.processIdentifier) }

    func waitUntilExit() { process.waitUntilExit() }

    func terminate() { process.terminate() }
}

/// What one watcher, or all of them, saw of a number of changes that each carry their number and the time they were sent.
struct WatchTally: Sendable {
    private var seen: [Int]
    private var events = 0
    private var longest: Int64 = 0
    private static let mark = Array(#""stamp":""#.utf8)

    init(changes: Int) { seen = Array(repeating: 0, count: changes) }

    var isComplete: Bool { events >= seen.count }

    /// A merge patch of any object: `NUMBER-NANOSECONDS`.
    static func patch(_ number: Int) -> [UInt8] {
        Array(#"{"metadata":{"annotations":{"stamp":"\#(number)-\#(Measure.nanoseconds())"}}}"#.utf8)
    }

    /// One event. Searched and not parsed, so that the reader is not what is measured.
    mutating func take(_ line: some RandomAccessCollection<UInt8>) {
        guard let length = Self.lengthThroughMark(line) else { return }
        var numbers: [Int64] = [0]
        for byte in line.dropFirst(length) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "-"): numbers.append(0)
            default: break
            }
            if byte == UInt8(ascii: "\"") { break }
        }
        guard numbers.count == 2, seen.indices.contains(Int(numbers[0])) else { return }
        seen[Int(numbers[0])] += 1
        events += 1
        longest = max(longest, Measure.nanoseconds() - numbers[1])
    }

    /// By hand: the general search of Swift takes longer than what is measured.
    private static func lengthThroughMark(_ line: some RandomAccessCollection<UInt8>) -> Int? {
        line.withContiguousStorageIfAvailable { bytes -> Int? in
            for start in bytes.indices.dropLast(mark.count - 1)
            where bytes[start] == mark[0] && bytes[start + 1] == mark[1] {
                if bytes[start..<start + mark.count].elementsEqual(mark) { return start + mark.count }
            }
            return nil
        } ?? nil
    }

    mutating func join(_ other: WatchTally) {
        for index in seen.indices { seen[index] += other.seen[index] }
        events += other.events
        longest = max(longest, other.longest)
    }

    func report(watchers: Int, time: Double) {
        let lost = seen.reduce(0) { $0 + max(0, watchers - $1) }
        let twice = seen.reduce(0) { $0 + max(0, $1 - watchers) }
        Measure.report(
            "\(seen.count) changes to \(watchers) watchers",
            Measure.milliseconds(time) + ", " + Measure.rate(events, time, of: "events"))
        Measure.report(
            "longest lag of an event",
            Measure.milliseconds(Double(longest) / 1e9) + ", \(lost) lost, \(twice) seen twice")
    }
}
