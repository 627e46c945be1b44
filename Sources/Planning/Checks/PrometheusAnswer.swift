// SPDX-License-Identifier: Apache-2.0

import Manifests

extension Application.PrometheusCheck {
    /// What an instant query answered (the manual of Prometheus, "HTTP API"). What is no number says nothing.
    package func result(of answer: CheckAnswer) -> CheckResult {
        let document = try? JSON.parse(answer.body)
        guard answer.status == 200, document?["status"]?.string == "success", let data = document?["data"] else {
            guard answer.status != 200 || document?["status"]?.string != nil else {
                return .inconclusive("what answers is not Prometheus, whose HTTP API has /api/v1/query there")
            }
            let type = document?["errorType"]?.string.map { " (\($0.prefix(40)))" } ?? ""
            return .inconclusive("Prometheus answers \(answer.status)\(type)")
        }
        let samples: [Value?]
        switch data["resultType"]?.string {
        case "vector": samples = (data["result"]?.array ?? []).map { $0["value"]?[1] }
        case "scalar": samples = [data["result"]?[1]]
        default: return .inconclusive("the query answers neither a vector nor a scalar: an instant query does")
        }
        guard !samples.isEmpty else { return .inconclusive("no data: the query answers no series") }
        var values: [Double] = []
        for sample in samples {
            guard let value = sample?.string.flatMap(Self.number), !value.isNaN else {
                return .inconclusive("no data: the query answers NaN")
            }
            values.append(value)
        }
        for value in values {
            if let bound = bounds.first(where: { !$0.holds(value) }) {
                return .failed("\(value) is not \(bound.text)" + (values.count > 1 ? " in all series" : ""))
            }
        }
        return .passed
    }

    /// As Go writes them: `+Inf`, `NaN`, `0.25`.
    private static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        default: Double(text)
        }
    }
}

extension Application.PrometheusCheck.Bound {
    fileprivate func holds(_ number: Double) -> Bool {
        switch relation {
        case .below: number < value
        case .above: number > value
        case .atMost: number <= value
        case .atLeast: number >= value
        }
    }

    fileprivate var text: String {
        switch relation {
        case .below: "below \(value)"
        case .above: "above \(value)"
        case .atMost: "at most \(value)"
        case .atLeast: "at least \(value)"
        }
    }
}
