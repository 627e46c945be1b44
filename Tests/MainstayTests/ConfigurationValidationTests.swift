// SPDX-License-Identifier: Apache-2.0

internal import Planning
internal import Reconciler
internal import Testing

@testable internal import Mainstay

@Suite("Validation beside a configuration of the daemon")
struct ConfigurationValidationTests {
    @Test(
        "In two clusters, objects of one name are two; a cluster has to be one that the daemon has, where that is known"
    )
    func clusters() async throws {
        let one = ValidatedFolder.pipeline.replacing("namespace: production}", with: "namespace: staging}")
        #expect(
            try await ValidatedFolder.output(["mainstay.yaml": one]).text.contains("belongs to both api in staging and")
        )
        let two = one.replacing("{name: production,", with: "{name: production, cluster: east,")
        #expect(try await ValidatedFolder.output(["mainstay.yaml": two]).text.hasSuffix("4 objects: no errors\n"))
        let east = ConfigurationReview(clusters: ["east"])
        #expect(
            try await ValidatedFolder.output(["mainstay.yaml": two], daemon: east).text.hasSuffix(
                "4 objects: no errors\n"))
        for (names, has) in [([], "its default one only"), (["north", "west"], "north, west")] {
            let text = try await ValidatedFolder.output(
                ["mainstay.yaml": two], daemon: ConfigurationReview(clusters: names)
            ).text
            #expect(
                text.contains(
                    "error: environments[1].cluster: the daemon's configuration has no cluster east (it has \(has)): add it there"
                ), "\(text)")
        }
    }

    @Test("What the daemon does not allow is an error, where its configuration is given")
    func allowed() async throws {
        let found = try await ValidatedFolder.lines(
            [:], daemon: ConfigurationReview(allow: AllowRules(namespaces: ["staging"])))
        #expect(found.count == 2)
        #expect(
            found.allSatisfy {
                $0.contains("error: ")
                    && $0.hasSuffix(
                        "the namespace production is not among allow.namespaces of this daemon's configuration")
            }, "the place stands at the beginning alone: \(found)")
    }

    @Test("People, receivers and hosts that the daemon's configuration does not have are errors")
    func configuration() async throws {
        let pipeline = ValidatedFolder.pipeline.replacing(
            "namespace: production}", with: "namespace: production, approvals: {count: 2, groups: [leadz]}}"
        ).replacing(
            "path: /health}}]",
            with: "path: /health}}, {prometheus: {url: \"https://metrics.example.org\", query: up, atLeast: 1}}]"
        ).replacing("applications:", with: "notifications: [{receivers: [nobody]}]\napplications:")
        let ada = People.Person(name: "ada", groups: ["leads"])
        var daemon = ConfigurationReview(
            allow: AllowRules(checks: ["*.example.com"]), people: People([ada]), receivers: ["noboddy"])
        let found = try await ValidatedFolder.lines(["mainstay.yaml": pipeline], daemon: daemon)
        #expect(
            found == [
                "mainstay.yaml:5:76: error: environments[1].approvals.groups[0]: nobody among `people` of the configuration is "
                    + "in the group \"leadz\"; did you mean \"leads\"?",
                "mainstay.yaml:6:30: error: notifications[0].receivers[0]: the configuration has no receiver \"nobody\" under "
                    + "`notifications`; did you mean \"noboddy\"?",
                "mainstay.yaml:12:77: error: applications[0].verify[1].prometheus.url: asks metrics.example.org, which is not "
                    + "among allow.checks of the configuration: nothing is rolled out until it is",
            ])
        let few = pipeline.replacing("leadz", with: "leads")
        daemon = ConfigurationReview(
            allow: AllowRules(checks: ["metrics.example.org"]), people: People([ada]), receivers: ["nobody"])
        let asked = try await ValidatedFolder.lines(["mainstay.yaml": few], daemon: daemon)
        #expect(asked.count == 1 && asked[0].contains("asks for 2 of leads, and the configuration names 1"), "\(asked)")
        let named = ValidatedFolder.pipeline.replacing(
            "path: /health}}]",
            with: "path: /health}}, {http: {url: \"https://api.example.com/\", send: {Host: admin.example.org}}}]")
        daemon = ConfigurationReview(allow: AllowRules(checks: ["*.example.com"]))
        let other = try await ValidatedFolder.lines(["mainstay.yaml": named], daemon: daemon)
        #expect(
            other.count == 1 && other[0].contains("verify[1].http.send.Host: asks admin.example.org, which"), "\(other)"
        )
        let grace = People.Person(name: "grace", groups: ["leads"])
        daemon = ConfigurationReview(
            allow: AllowRules(checks: ["metrics.example.org"]), people: People([ada, grace]), receivers: ["nobody"])
        #expect(try await ValidatedFolder.lines(["mainstay.yaml": few], daemon: daemon) == [])
    }

    @Test("A check's host is looked up as each environment has it, and that of a Knative Service has to be in some")
    func hosts() async throws {
        func found(_ check: String, _ hosts: [String]) async throws -> [String] {
            let pipeline = ValidatedFolder.pipeline.replacing("path: /health}}]", with: "path: /health}}, \(check)]")
            return try await ValidatedFolder.lines(
                ["mainstay.yaml": pipeline], daemon: ConfigurationReview(allow: AllowRules(checks: hosts)))
        }
        let url = "{http: {url: \"https://{environment}.example.com/\"}}"
        #expect(try await found(url, ["*.example.com"]) == [])
        let missed = try await found(url, ["staging.example.com"])
        #expect(missed.count == 1 && missed[0].contains("http.url: asks production.example.com, which"), "\(missed)")
        let knative = try await found("{http: {knative: shop, path: /}}", [])
        #expect(
            knative.contains { $0.contains("error: applications[0].verify[1].http.knative: is asked at the URL") },
            "\(knative)")
        let some = try await found("{http: {knative: shop, path: /}}", ["*.example.com"])
        #expect(!some.contains { $0.contains(": error: ") }, "\(some)")
    }
}
