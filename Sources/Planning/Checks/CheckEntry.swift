// SPDX-License-Identifier: Apache-2.0

import Manifests

/// An entry of `verify`, as read.
enum CheckEntry {
    private static let kinds = ["http", "tcp", "job", "prometheus"]
    private static let longestPattern = 256
    private static let mostTimes = 100
    /// Beyond that, `bake` is what is meant.
    private static let longest = Duration.seconds(86_400)

    static func check(_ fields: StrictMap) -> Application.Check? {
        let place = "\(fields.context.file):\(fields.node.position.line)"
        var found: [Application.Check] = []
        func read(_ name: String, _ body: (StrictMap) -> Application.Check?) {
            if let check = fields.map(name, body).flatMap({ $0 }) { found.append(check) }
        }
        read("http", http)
        read("tcp", tcp)
        read("prometheus", prometheus)
        if let job = fields.optional("job", as: LabelName.self)?.text { found.append(Application.Check(.job(job))) }
        let named = kinds.filter { name in (fields.node.value[name] ?? .null) != .null }
        if named.count != 1 {
            fields.report("must have exactly one of \(kinds.joined(separator: ", ")) (has \(named.count))")
        }
        guard var check = found.first else { return nil }
        check.place = place
        return check
    }

    private static func http(_ fields: StrictMap) -> Application.Check {
        let address = knative(fields) ?? address(fields, isHTTP: true)
        let path: String? = fields.optional("path")
        if case .direct = address, path != nil { fields.report("is a part of the url", at: "path") }
        let http = Application.HTTPCheck(
            address: address, path: path ?? "/",
            send: fields.optional("send", as: SentHeaders.self)?.headers ?? [],
            expect: fields.optional("expect", as: StatusCodes.self)?.codes ?? [200],
            headers: fields.maps("headers") { fields in
                Application.HeaderExpectation(name: fields.required("name"), value: text(fields, isHeader: true))
            },
            body: fields.map("body") { text($0, isHeader: false) }, json: fields.maps("json", json),
            latency: fields.optional("latency", as: PositiveDuration.self)?.duration)
        if !http.path.hasPrefix("/") { fields.report("must begin with /", at: "path") }
        return timed(fields, .http(http))
    }

    private static func tcp(_ fields: StrictMap) -> Application.Check {
        timed(fields, .tcp(address(fields, isHTTP: false)))
    }

    private static func prometheus(_ fields: StrictMap) -> Application.Check {
        let bounds = Application.PrometheusCheck.Relation.allCases.compactMap { relation in
            fields.optional(relation.rawValue, as: PlainNumber.self).map {
                Application.PrometheusCheck.Bound(relation, $0.number)
            }
        }
        if bounds.isEmpty { fields.report("needs a bound: below, above, atMost or atLeast") }
        let check = Application.PrometheusCheck(
            address: address(fields, isHTTP: true), query: fields.required("query"), bounds: bounds)
        return timed(fields, .prometheus(check), lasting: fields.optional("for") ?? .zero)
    }

    private static func timed(
        _ fields: StrictMap, _ question: Application.Check.Question, lasting: Duration = .zero
    ) -> Application.Check {
        let check = Application.Check(
            question, within: fields.optional("within", as: PositiveDuration.self)?.duration ?? .seconds(60),
            times: fields.optional("times") ?? 1, lasting: lasting,
            after: fields.optional("after", as: PositiveDuration.self)?.duration ?? .zero)
        if !(1...mostTimes).contains(check.times) { fields.report("must be from 1 to \(mostTimes)", at: "times") }
        if check.within > longest { fields.report("must be at most 24h", at: "within") }
        if check.lasting > longest { fields.report("must be at most 24h", at: "for") }
        if check.after > longest { fields.report("must be at most 24h", at: "after") }
        return check
    }

    private static func knative(_ fields: StrictMap) -> Application.CheckAddress? {
        guard (fields.node.value["knative"] ?? .null) != .null else { return nil }
        let name = fields.optional("knative", as: LabelName.self)?.text
        for key in ["service", "port", "url"] where fields.optional(key, as: AnyText.self) != nil {
            fields.report("stands beside \"knative\": one of them is asked", at: key)
        }
        return .knative(name ?? "")
    }

    /// A Service and its port, or what is asked directly.
    private static func address(_ fields: StrictMap, isHTTP: Bool) -> Application.CheckAddress {
        let key = isHTTP ? "url" : "address"
        let direct =
            isHTTP
            ? fields.optional(key, as: WebAddress.self)?.text : fields.optional(key, as: HostAndPort.self)?.text
        guard (fields.node.value[key] ?? .null) == .null else {
            for name in ["service", "port"] where fields.optional(name, as: AnyText.self) != nil {
                fields.report("stands beside \"\(key)\": one of them is asked", at: name)
            }
            if let direct, let unknown = WebAddress.unknownPlaceholder(in: direct) {
                fields.report(
                    "has no placeholder \"\(unknown)\"; did you mean \"\(Application.environmentPlaceholder)\"?",
                    at: key)
            }
            return .direct(direct ?? "")
        }
        return .service(
            fields.required("service", as: LabelName.self).text, port: fields.required("port", as: PortText.self).text)
    }

    private static func text(_ fields: StrictMap, isHeader: Bool) -> Application.TextExpectation {
        var found: [Application.TextExpectation] = []
        if isHeader, let text: String = fields.optional("equals") { found.append(.equals(text)) }
        if let text: String = fields.optional("contains") { found.append(.contains(text)) }
        if let text: String = fields.optional("matches") {
            found.append(.matches(text))
            do throws(Pattern.SyntaxError) {
                _ = try Pattern(anywhere: text)
                if text.utf8.count > longestPattern {
                    fields.report("must have at most \(longestPattern) bytes", at: "matches")
                }
            } catch {
                fields.report("is no regular expression (RE2): \(error.message)", at: "matches")
            }
        }
        if found.count != 1 {
            fields.report("must have exactly one of \(isHeader ? "equals, " : "")contains, matches")
        }
        return found.first ?? .contains("")
    }

    private static func json(_ fields: StrictMap) -> Application.JSONExpectation {
        Application.JSONExpectation(
            pointer: fields.required("pointer", as: PointerText.self).text,
            equals: fields.required("equals", as: PlainValue.self).value)
    }
}

/// A status code, or some.
private struct StatusCodes: StrictValue {
    let codes: [Int]
    static let expectation = "a status code, 100 to 599, or a list of them"
    static var placeholder: StatusCodes { StatusCodes(codes: []) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> StatusCodes? {
        let codes = (node.value.array ?? [node.value]).map { Int($0.integer ?? 0) }
        return codes.isEmpty || codes.contains { !(100...599).contains($0) } ? nil : StatusCodes(codes: codes)
    }
}

private struct PlainNumber: StrictValue {
    let number: Double
    static let expectation = "a number"
    static var placeholder: PlainNumber { PlainNumber(number: 0) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> PlainNumber? {
        node.value.double.flatMap { $0.isFinite ? PlainNumber(number: $0) : nil }
    }
}

/// What a JSON document may hold at one place.
private struct PlainValue: StrictValue {
    let value: Value
    static let expectation = "a string, a number, true or false"
    static var placeholder: PlainValue { PlainValue(value: .null) }

    static func read(_ node: YAMLNode, in context: StrictContext) -> PlainValue? {
        switch node.value {
        case .string, .integer, .number, .bool: PlainValue(value: node.value)
        case .null, .array, .object: nil
        }
    }
}

/// For what is refused whatever it is.
private struct AnyText: StrictValue {
    static let expectation = "a value"
    static var placeholder: AnyText { AnyText() }
    static func read(_ node: YAMLNode, in context: StrictContext) -> AnyText? { AnyText() }
}

private struct PointerText: FormedText {
    let text: String
    static let expectation = "a JSON pointer such as /status (RFC 6901)"
    static func isValid(_ text: String) -> Bool { text.hasPrefix("/") && text.utf8.count <= 512 }
}

private struct WebAddress: FormedText {
    let text: String
    static let expectation = "a URL of http or https, without user and password; {environment} may stand in it"

    static func isValid(_ text: String) -> Bool {
        // Another word in braces is told of by itself.
        text.utf8.count <= 2048 && CheckHost(url: text.replacing(placeholder, with: "any")) != nil
    }

    /// The first that is not the environment's name: it would be sent as it is.
    static func unknownPlaceholder(in text: String) -> Substring? {
        text.matches(of: placeholder).map(\.output).first { $0 != Application.environmentPlaceholder }
    }

    private static var placeholder: Regex<Substring> { /\{[A-Za-z_-]{1,40}\}/ }
}

private struct HostAndPort: FormedText {
    let text: String
    static let expectation = "HOST:PORT"
    static func isValid(_ text: String) -> Bool { CheckHost(address: text) != nil }
}
