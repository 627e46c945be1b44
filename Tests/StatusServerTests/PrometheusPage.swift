// SPDX-License-Identifier: Apache-2.0

/// A strict reader of Prometheus' text format 0.0.4: what it takes, any scraper takes.
///
/// Stricter than the format: each family has HELP and TYPE exactly once, in this order, directly before its samples.
struct PrometheusPage {
    struct Problem: Error, Equatable {
        var line: Int
        var message: String
    }

    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    private(set) var types: [String: String] = [:]
    private(set) var samples: [Sample] = []

    init(_ text: String) throws(Problem) {
        var helped: Set<String> = []
        var family = ""
        guard text.isEmpty || text.hasSuffix("\n") else { throw Problem(line: 0, message: "no line feed at the end") }
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        for (index, bytes) in lines.enumerated() {
            let line = String(decoding: bytes, as: UTF8.self)
            func problem(_ message: String) -> Problem { Problem(line: index + 1, message: message) }
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, !words[3].isEmpty else { throw problem("no help") }
                guard helped.insert(words[2]).inserted else { throw problem("second HELP for \(words[2])") }
                family = words[2]
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, words[2] == family else { throw problem("TYPE is not below its HELP") }
                guard types[family] == nil else { throw problem("second TYPE") }
                guard ["counter", "gauge", "summary"].contains(words[3]) else { throw problem("type \(words[3])") }
                types[family] = words[3]
            } else {
                var reader = LineReader(line)
                guard let sample = reader.sample() else { throw problem("malformed sample: \(line)") }
                let names = types[family] == "summary" ? ["\(family)_sum", "\(family)_count"] : [family]
                guard names.contains(sample.name), types[family] != nil else {
                    throw problem("sample outside its family")
                }
                guard !samples.contains(where: { $0.name == sample.name && $0.labels == sample.labels }) else {
                    throw problem("duplicate series: \(line)")
                }
                samples.append(sample)
            }
        }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }
}

/// `name{label="value",…} number`
private struct LineReader {
    private var rest: Substring.UnicodeScalarView

    init(_ line: String) { rest = Substring(line).unicodeScalars }

    mutating func sample() -> PrometheusPage.Sample? {
        guard let name = name() else { return nil }
        var labels: [String: String] = [:]
        if take("{") {
            repeat {
                guard let label = self.name(), take("="), let value = quoted(), labels[label] == nil else { return nil }
                labels[label] = value
            } while take(",")
            guard take("}") else { return nil }
        }
        guard take(" "), let value = Double(String(String.UnicodeScalarView(rest))) else { return nil }
        return PrometheusPage.Sample(name: name, labels: labels, value: value)
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func name() -> String? {
        let name = rest.prefix { "abcdefghijklmnopqrstuvwxyz_".unicodeScalars.contains($0) }
        rest = rest.dropFirst(name.count)
        return name.isEmpty ? nil : String(name)
    }

    private mutating func quoted() -> String? {
        guard take("\"") else { return nil }
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                switch rest.popFirst() {
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                case "n": value.append("\n")
                default: return nil
                }
            default: value.append(scalar)
            }
        }
        return nil
    }
}
