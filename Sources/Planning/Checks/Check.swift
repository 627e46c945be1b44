// SPDX-License-Identifier: Apache-2.0

package import Manifests

extension Application {
    /// A question that a healthy application answers as expected.
    package struct Check: Sendable {
        package enum Question: Sendable, Hashable {
            case http(HTTPCheck)
            case tcp(CheckAddress)
            case prometheus(PrometheusCheck)
            /// A Job of the application's manifests, run once everything is healthy.
            case job(String)
        }

        package var question: Question
        /// How long the first good answer may take to come.
        package var within: Duration
        /// How many good answers in a row it takes.
        package var times: Int
        /// How long the answers must go on to be good.
        package var lasting: Duration
        /// How long after everything was found healthy it is asked first.
        package var after: Duration
        /// Where it stands in the pipeline: `mainstay.yaml:12`.
        package var place: String

        package init(
            _ question: Question, within: Duration = .seconds(60), times: Int = 1, lasting: Duration = .zero,
            after: Duration = .zero, place: String = ""
        ) {
            self.question = question
            self.within = within
            self.times = times
            self.lasting = lasting
            self.after = after
            self.place = place
        }

        package init(http: HTTPCheck, within: Duration = .seconds(60), times: Int = 1) {
            self.init(.http(http), within: within, times: times)
        }
    }

    /// Who is asked.
    package enum CheckAddress: Sendable, Hashable {
        /// A Service of the application's namespace, by a port's number or name.
        case service(String, port: String)
        /// A Knative Service of the application's namespace, at the URL that its status names: the Service of its name leads
        /// out of the cluster's proxy, and those of its revisions change names and have no pods at rest.
        case knative(String)
        /// A URL, or `HOST:PORT`: from where the daemon runs.
        case direct(String)
    }

    package struct HTTPCheck: Sendable, Hashable {
        package var address: CheckAddress
        /// With its query; of a URL it is a part.
        package var path: String
        /// What goes with the question.
        package var send: [SentHeader]
        package var expect: [Int]
        package var headers: [HeaderExpectation]
        package var body: TextExpectation?
        package var json: [JSONExpectation]
        package var latency: Duration?

        package init(
            address: CheckAddress, path: String, send: [SentHeader] = [], expect: [Int] = [200],
            headers: [HeaderExpectation] = [],
            body: TextExpectation? = nil, json: [JSONExpectation] = [], latency: Duration? = nil
        ) {
            self.address = address
            self.path = path
            self.send = send
            self.expect = expect
            self.headers = headers
            self.body = body
            self.json = json
            self.latency = latency
        }

        package init(service: String, port: String, path: String, expect: Int = 200) {
            self.init(address: .service(service, port: port), path: path, expect: [expect])
        }
    }

    package enum TextExpectation: Sendable, Hashable {
        case equals(String)
        case contains(String)
        /// A regular expression that fits somewhere (`Pattern`).
        case matches(String)
    }

    package struct HeaderExpectation: Sendable, Hashable {
        package var name: String
        package var value: TextExpectation

        package init(name: String, value: TextExpectation) {
            self.name = name
            self.value = value
        }
    }

    package struct JSONExpectation: Sendable, Hashable {
        /// RFC 6901.
        package var pointer: String
        package var equals: Value

        package init(pointer: String, equals: Value) {
            self.pointer = pointer
            self.equals = equals
        }
    }

    package struct PrometheusCheck: Sendable, Hashable {
        package enum Relation: String, Sendable, CaseIterable {
            case below, above, atMost, atLeast
        }

        package struct Bound: Sendable, Hashable {
            package var relation: Relation
            package var value: Double

            package init(_ relation: Relation, _ value: Double) {
                self.relation = relation
                self.value = value
            }
        }

        /// Where its HTTP API is, without `/api/v1`.
        package var address: CheckAddress
        package var query: String
        /// All of them hold for every series that the query answers.
        package var bounds: [Bound]

        package init(address: CheckAddress, query: String, bounds: [Bound]) {
            self.address = address
            self.query = query
            self.bounds = bounds
        }
    }
}

extension Application.CheckAddress {
    /// A URL with the environment's name in the place of `{environment}`.
    func text(in environment: String) -> String {
        guard case .direct(let text) = self else { return "" }
        return text.replacing(Application.environmentPlaceholder, with: environment)
    }

    fileprivate func asked(in environment: String) -> Self {
        guard case .direct = self else { return self }
        return .direct(text(in: environment))
    }
}

extension Application.Check {
    /// As it is asked in an environment.
    package func asked(in environment: String) -> Self {
        var check = self
        switch check.question {
        case .http(var http):
            http.address = http.address.asked(in: environment)
            http.send = http.send.map { $0.asked(in: environment) }
            check.question = .http(http)
        case .prometheus(var prometheus):
            prometheus.address = prometheus.address.asked(in: environment)
            check.question = .prometheus(prometheus)
        case .tcp, .job: break
        }
        return check
    }
}

extension Application.Check: Hashable {
    /// Where it stands in the file is no part of what it asks.
    package static func == (left: Self, right: Self) -> Bool {
        left.question == right.question && left.within == right.within && left.times == right.times
            && left.lasting == right.lasting && left.after == right.after
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(question)
        hasher.combine(within)
        hasher.combine(times)
        hasher.combine(lasting)
        hasher.combine(after)
    }
}

extension Application.Check {
    /// In words for people, without what a URL may hold of secrets.
    package var title: String {
        switch question {
        case .http(let check):
            switch check.address {
            case .service(let name, let port):
                "GET \(Self.withoutQuery(check.path)) on port \(port) of the Service \(name)"
            case .knative(let name): "GET \(Self.withoutQuery(check.path)) of the Knative Service \(name)"
            case .direct(let url): "GET \(Self.withoutQuery(url))"
            }
        case .tcp(.service(let name, let port)): "TCP to port \(port) of the Service \(name)"
        case .tcp(.direct(let address)), .tcp(.knative(let address)): "TCP to \(address)"
        case .prometheus(let check): "the Prometheus query \"\(check.query.prefix(200))\""
        case .job(let name): "the Job \(name)"
        }
    }

    private static func withoutQuery(_ url: String) -> Substring { url.prefix { $0 != "?" && $0 != "#" } }

    /// The headers that go with it.
    package var sent: [Application.SentHeader] {
        if case .http(let check) = question { check.send } else { [] }
    }

    /// Who is asked, where anybody is.
    package var address: Application.CheckAddress? {
        switch question {
        case .http(let check): check.address
        case .tcp(let address): address
        case .prometheus(let check): check.address
        case .job: nil
        }
    }
}
