// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What one look at a check showed.
package enum CheckResult: Sendable, Hashable {
    case passed
    /// It was answered, and not as expected; or who should answer does not.
    case failed(String)
    /// Nothing is known: neither well nor not.
    case inconclusive(String)
}

/// What was answered to a GET.
package struct CheckAnswer: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    /// Bounded; texts are looked for in its beginning (`Application.HTTPCheck.searchedBytes`).
    package var body: [UInt8]
    /// Without the time in which the question waited on our side.
    package var took: Duration

    package init(
        status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = [], took: Duration = .zero
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.took = took
    }
}

extension Application.HTTPCheck {
    /// Of the body: a search takes time with each byte.
    package static let searchedBytes = 64 << 10

    /// Quotes nothing of the answer: anything may stand in it.
    package func result(of answer: CheckAnswer) -> CheckResult {
        guard expect.contains(answer.status) else {
            return .failed("status \(answer.status), expected \(expect.map { "\($0)" }.joined(separator: " or "))")
        }
        for header in headers {
            let values = answer.headers.filter { $0.name.lowercased() == header.name.lowercased() }.map(\.value)
            if values.isEmpty { return .failed("there is no header \(header.name)") }
            guard values.contains(where: header.value.fits) else {
                return .failed("the header \(header.name) \(header.value.complaint)")
            }
        }
        if let body {
            let text = String(decoding: answer.body.prefix(Self.searchedBytes), as: UTF8.self)
            let cut = answer.body.count > Self.searchedBytes ? " in its first \(Self.searchedBytes) bytes" : ""
            if !body.fits(text) { return .failed("the body \(body.complaint)\(cut)") }
        }
        if let problem = jsonProblem(answer.body) { return .failed(problem) }
        if let latency, answer.took > latency {
            return .failed(
                "it took \(answer.took.milliseconds) ms, and \(latency.milliseconds) ms are the most")
        }
        return .passed
    }

    private func jsonProblem(_ body: [UInt8]) -> String? {
        guard !json.isEmpty else { return nil }
        guard let document = try? JSON.parse(body) else { return "the body is no JSON" }
        for expected in json {
            guard let found = expected.value(in: document) else { return "there is nothing at \(expected.pointer)" }
            if !expected.isEqual(found) {
                return "what is at \(expected.pointer) is not \(JSON.text(expected.equals))"
            }
        }
        return nil
    }
}

extension Application.TextExpectation {
    fileprivate func fits(_ text: String) -> Bool {
        switch self {
        case .equals(let expected): text == expected
        case .contains(let part): text.contains(part)
        case .matches(let pattern): (try? Pattern(anywhere: pattern))?.matches(text) ?? false
        }
    }

    fileprivate var complaint: String {
        switch self {
        case .equals(let expected): "is not \"\(expected)\""
        case .contains(let part): "does not contain \"\(part)\""
        case .matches(let pattern): "does not match \"\(pattern)\""
        }
    }
}

extension Application.JSONExpectation {
    /// RFC 6901, section 4.
    func value(in document: Value) -> Value? {
        var value = document
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            switch value {
            case .object(let object):
                guard let next = object[key] else { return nil }
                value = next
            case .array(let items):
                guard let index = Int(key), "\(index)" == key, items.indices.contains(index) else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }

    /// 1 and 1.0 are the same number.
    func isEqual(_ found: Value) -> Bool {
        if let left = equals.double, let right = found.double { return left == right }
        return found == equals
    }
}

extension Value {
    /// A number as JSON has it.
    var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let text): Double(text)
        default: nil
        }
    }
}
