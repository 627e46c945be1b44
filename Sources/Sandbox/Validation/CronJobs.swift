// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Source: validateCronJobSpec of pkg/apis/batch/validation.
extension Causes {
    mutating func cronJob(_ object: Object, old: Object?, timeZones: TimeZones) {
        let spec = Field("spec", object["spec"])
        let schedule = spec["schedule"]
        if schedule.string.isEmpty {
            required(schedule)
        } else {
            if let problem = ScheduleSyntax.problem(schedule.string) { invalid(schedule, problem) }
            zoneInSchedule(spec, old: old)
        }
        nonnegative(spec["startingDeadlineSeconds"])
        if spec["timeZone"].value != old?.value(at: "spec", "timeZone") {
            timeZone(spec["timeZone"], known: timeZones)
        }
        requiredChoice(spec["concurrencyPolicy"], ["Allow", "Forbid", "Replace"])
        let job = spec["jobTemplate"]["spec"]
        jobSpec(job)
        if job["selector"].isSet { invalid(job["selector"], "`selector` will be auto-generated") }
        if job["manualSelector"].value == true { unsupported(job["manualSelector"], ["nil", "false"]) }
        nonnegative(spec["successfulJobsHistoryLimit"])
        nonnegative(spec["failedJobsHistoryLimit"])
        // Its Jobs' names have 11 characters more.
        if old == nil, object.name.utf8.count > 52 {
            invalid(Field("metadata.name", .string(object.name)), NameRules.tooLong(52))
        }
    }

    /// What had a time zone in its schedule may keep one there.
    private mutating func zoneInSchedule(_ spec: Field, old: Object?) {
        guard spec["schedule"].string.contains("TZ") else { return }
        if old?.value(at: "spec", "schedule")?.string?.contains("TZ") != true {
            invalid(spec["schedule"], "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        } else if spec["timeZone"].isSet {
            invalid(spec["schedule"], "cannot use both timeZone field and TZ or CRON_TZ in schedule")
        }
    }

    private mutating func timeZone(_ field: Field, known: TimeZones) {
        guard field.isSet else { return }
        let name = field.string
        if name.isEmpty { return invalid(field, "timeZone must be nil or non-empty string") }
        if name.lowercased() == "local" {
            invalid(field, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
        }
        // Go's name for the zone of the machine, so it is one that Go knows (time.LoadLocation).
        guard name != "Local", known.rules(named: name) == nil else { return }
        let isPath = name.split(separator: "/").contains("..") || name.hasPrefix("/") || name.contains("\\")
        invalid(field, isPath ? "time: invalid location name" : "unknown time zone \(name)")
    }
}

/// What is wrong with a schedule, in the words of the server's parser (robfig/cron).
enum ScheduleSyntax {
    private struct Bounds {
        var range: ClosedRange<Int>
        var names: [String] = []
        var firstName = 0
    }

    private static let fields = [
        Bounds(range: 0...59), Bounds(range: 0...23), Bounds(range: 1...31),
        Bounds(
            range: 1...12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1),
        Bounds(range: 0...6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    static func problem(_ schedule: String) -> String? {
        var text = schedule[...]
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            guard let space = text.firstIndex(of: " ") else { return nil }
            text = text[space...].drop { $0 == " " }
        }
        if text.hasPrefix("@") { return descriptor(String(text)) }
        let parts = text.split { $0.isWhitespace }.map(String.init)
        guard parts.count == fields.count else {
            return "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]"
        }
        for (part, bounds) in zip(parts, fields) {
            for expression in part.split(separator: ",") {
                if let problem = problem(String(expression), bounds) { return problem }
            }
        }
        return nil
    }

    private static func descriptor(_ text: String) -> String? {
        let known = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
        if known.contains(text) { return nil }
        guard text.hasPrefix("@every ") else { return "unrecognized descriptor: \(text)" }
        let duration = String(text.dropFirst(7))
        if duration.wholeMatch(of: /[-+]?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+/) != nil { return nil }
        return "failed to parse duration \(text): time: invalid duration \(JSON.text(.string(duration)))"
    }

    private static func problem(_ expression: String, _ bounds: Bounds) -> String? {
        let steps = expression.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let ends = steps[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var low = bounds.range.lowerBound
        var high = bounds.range.upperBound
        if ends[0] != "*", ends[0] != "?" {
            switch number(ends[0], bounds) {
            case .failure(let problem): return problem.text
            case .success(let value): low = value
            }
            guard ends.count <= 2 else { return "too many hyphens: \(expression)" }
            high = low
            if ends.count == 2 {
                switch number(ends[1], bounds) {
                case .failure(let problem): return problem.text
                case .success(let value): high = value
                }
            } else if steps.count == 2 {
                high = bounds.range.upperBound
            }
        }
        guard steps.count <= 2 else { return "too many slashes: \(expression)" }
        var step = 1
        if steps.count == 2 {
            switch number(steps[1], Bounds(range: 0...0)) {
            case .failure(let problem): return problem.text
            case .success(let value): step = value
            }
        }
        if low < bounds.range.lowerBound {
            return "beginning of range (\(low)) below minimum (\(bounds.range.lowerBound)): \(expression)"
        }
        if high > bounds.range.upperBound {
            return "end of range (\(high)) above maximum (\(bounds.range.upperBound)): \(expression)"
        }
        if low > high { return "beginning of range (\(low)) beyond end of range (\(high)): \(expression)" }
        return step == 0 ? "step of range should be a positive number: \(expression)" : nil
    }

    private struct Problem: Error { var text: String }

    private static func number(_ text: String, _ bounds: Bounds) -> Result<Int, Problem> {
        if let index = bounds.names.firstIndex(of: text.lowercased()) { return .success(index + bounds.firstName) }
        guard let number = Int(text) else {
            let quoted = JSON.text(.string(text))
            return .failure(
                Problem(text: "failed to parse int from \(text): strconv.Atoi: parsing \(quoted): invalid syntax"))
        }
        return .success(number)
    }
}
