// SPDX-License-Identifier: Apache-2.0

internal import Testing

@testable internal import Mainstay

@Suite("What validation finds in manifests")
struct ManifestValidationTests {
    @Test("What a manifest has wrong is told once for all environments, at its line")
    func schema() async throws {
        #expect(
            try await ValidatedFolder.lines(
                ValidatedFolder.replaced("k8s/api/deployment.yaml", "    image:", "    imagee:")) == [
                    "k8s/api/deployment.yaml:12:9: error: Deployment staging/api and 1 more: "
                        + "spec.template.spec.containers[0].imagee: there is no such field; did you mean \"image\"?",
                    "mainstay.yaml:10:13: warning: applications[0].images[0].name: no container of api has the image "
                        + "example.com/api",
                ])
    }

    @Test("Values that only a server knows to be wrong are found too")
    func values() async throws {
        #expect(
            try await ValidatedFolder.lines(
                ValidatedFolder.replaced("k8s/api/service.yaml", "port: 80,", "port: 80000,")) == [
                    "k8s/api/service.yaml:4:51: error: Service staging/api and 1 more: spec.ports[0].port: Invalid value: 80000: "
                        + "must be between 1 and 65535, inclusive"
                ])
        let selector = try await ValidatedFolder.lines(
            ValidatedFolder.replaced("k8s/api/deployment.yaml", "labels: {app: api}", "labels: {app: apy}"))
        #expect(
            selector.contains {
                $0.contains("spec.template.metadata.labels: Invalid value") && $0.contains("`selector` does not match")
            })
        #expect(selector.contains { $0.contains("selects the pods of no workload in staging") })
    }

    @Test("A Secret's own words are in no message")
    func secrets() async throws {
        let secret =
            "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ntype: kubernetes.io/tls\nstringData: {pw: hunter2}\n"
        let text = try await ValidatedFolder.output(["k8s/api/secret.yaml": secret]).text
        #expect(text.contains("k8s/api/secret.yaml:1:1: error: Secret staging/db and 1 more: "))
        #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
    }

    @Test(
        "A kind of the repository's own is checked against its definition, wherever that is; an unknown one is noted once"
    )
    func definitions() async throws {
        let definition = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.example.com}
            spec:
              group: example.com
              names: {plural: things, kind: Thing}
              scope: Namespaced
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        required: [size, colour]
                        properties:
                          size: {type: integer, maximum: 3}
                          colour: {type: string, default: red}

            """
        let thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n"
        #expect(
            try await ValidatedFolder.lines([
                "k8s/api/thing.yaml": "\(thing)  sise: 1\n", "crds/things.yaml": definition,
            ]) == [
                "k8s/api/thing.yaml:4:1: error: Thing staging/a and 1 more: spec.size: is missing",
                "k8s/api/thing.yaml:5:3: error: Thing staging/a and 1 more: spec.sise: there is no such field; did you mean "
                    + "\"size\"?",
            ])
        let tooLarge = try await ValidatedFolder.lines([
            "k8s/api/thing.yaml": "\(thing)  size: 4\n", "crds/things.yaml": definition,
        ])
        #expect(tooLarge.count == 1)
        #expect(
            tooLarge.first?.hasPrefix("k8s/api/thing.yaml:5:3: error: Thing staging/a and 1 more: spec.size: ") == true)
        #expect(
            try await ValidatedFolder.lines([
                "k8s/api/thing.yaml": "\(thing)  size: 3\n", "crds/things.yaml": definition,
            ]) == [])
        let unknown = try await ValidatedFolder.lines(["k8s/api/thing.yaml": "\(thing)  size: 9\n"])
        #expect(unknown.count == 1)
        #expect(
            unknown.first?.hasPrefix(
                "k8s/api/thing.yaml:1:1: note: Thing staging/a: apiVersion: no CustomResourceDefinition of Thing.example.com"
            )
                == true)
    }

    @Test("A version that Kubernetes dropped is an error that names the one to use")
    func dropped() async throws {
        #expect(
            try await ValidatedFolder.lines(
                ValidatedFolder.replaced("k8s/api/deployment.yaml", "apps/v1", "extensions/v1beta1")
            ).contains(
                "k8s/api/deployment.yaml:1:1: error: Deployment staging/api and 1 more: apiVersion: Kubernetes 1.36 has no "
                    + "kind Deployment in extensions/v1beta1; apps/v1 has it"))
    }

    @Test("A placeholder for a tag is warned of, unless an entry under images replaces it")
    func placeholders() async throws {
        func warnings(_ image: String) async throws -> [String] {
            try await ValidatedFolder.lines([
                "k8s/api/deployment.yaml": Monorepo.deployment("api", image: image, environment: [])
            ]).filter { $0.contains("has a placeholder for a tag") }
        }
        #expect(try await warnings("example.com/api:IMAGE_TAG") == [])
        #expect(try await warnings("example.com/web:IMAGE_TAG").count == 1)
        let scripted = try await warnings("example.com/api:$TAG")
        #expect(scripted.count == 1 && scripted.allSatisfy { $0.contains("write the placeholder without its $") })
    }

    @Test("Hooks without an end, Jobs that remove themselves, images without a tag and missing Secrets are told of")
    func remarks() async throws {
        let job = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: migrate
              annotations: {mainstay.dev/hook: before}
            spec:
              ttlSecondsAfterFinished: 60
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - name: migrate
                    image: example.com/migrate:latest
                    envFrom: [{secretRef: {name: database}}]

            """
        let found = try await ValidatedFolder.lines(["k8s/api/migrate.yaml": job])
        let place = "k8s/api/migrate.yaml"
        #expect(
            found.contains {
                $0.hasPrefix(
                    "\(place):5:3: warning: Job staging/migrate and 1 more: metadata.annotations: a hook (before) without a deadline"
                )
            })
        #expect(
            found.contains {
                $0.hasPrefix("\(place):7:3: warning: Job staging/migrate and 1 more: spec.ttlSecondsAfterFinished: ")
            })
        #expect(found.contains { $0.hasPrefix("\(place):13:9: warning: ") && $0.contains("is of the tag latest") })
        #expect(
            found.contains {
                $0.contains("note: Job staging/migrate:") && $0.contains("needs the Secret staging/database (envFrom)")
            })
        let deadline = job.replacing("hook: before", with: "hook: before, mainstay.dev/hook-deadline: 5m")
        #expect(try await !ValidatedFolder.lines([place: deadline]).contains { $0.contains("without a deadline") })
    }

    @Test("One object of two applications is an error at the second, which names the first")
    func doubles() async throws {
        let second = "- {name: web, environments: [staging], path: k8s/api/service.yaml}\n"
        let found = try await ValidatedFolder.lines(["mainstay.yaml": ValidatedFolder.pipeline + second])
        #expect(
            found.contains(
                "k8s/api/service.yaml:1: error: Service staging/api: belongs to both api in staging and web in staging; "
                    + "remove it from one of the two"))
    }

    @Test("A dependency on an object that no manifest has is told with its place; on a hook, by its name, it is none")
    func dependsOn() async throws {
        func job(_ name: String, _ dependency: String) -> String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: \(name)
              annotations:
                mainstay.dev/hook: before
                mainstay.dev/hook-deadline: 5m
                config.kubernetes.io/depends-on: batch/namespaces/staging/Job/\(dependency)
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "example.com/a:1"}]}}}

            """
        }
        let pipeline = ValidatedFolder.pipeline.replacing(
            "environments: [staging, production]", with: "environments: [staging]")
        let found = try await ValidatedFolder.lines([
            "mainstay.yaml": pipeline, "k8s/api/migrate.yaml": job("migrate", "seed"),
            "k8s/api/seed.yaml": job("seed", "backup"),
        ]).filter { $0.contains("depends-on") }
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("k8s/api/seed.yaml:1: warning: ") == true, "\(found)")
        #expect(
            found.first?.contains(
                "does not wait for Job staging/backup (annotation: config.kubernetes.io/depends-on): it is in no manifest"
            )
                == true)
    }

    @Test("A Secret that something in git has made is not missed")
    func madeSecret() async throws {
        func maker(_ name: String) -> String {
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: \(name)}\n"
                + "spec: {secretStoreRef: {name: vault}}\n"
        }
        let source = "{name: PASSWORD, valueFrom: {secretKeyRef: {name: database, key: password}}}"
        for (name, isMissed) in [("database", false), ("other", true)] {
            let found = try await ValidatedFolder.lines([
                "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api", environment: [source]),
                "k8s/api/secret.yaml": maker(name),
            ])
            #expect(found.contains { $0.contains("needs the Secret staging/database") } == isMissed, "\(found)")
        }
    }

    @Test("A dependency that would close a circle is noted where it is left out")
    func circle() async throws {
        let there = "{name: WEB, value: \"http://web:80\"}"
        let back = "{name: API, value: \"http://api:80\"}"
        let found = try await ValidatedFolder.lines([
            "k8s/api/deployment.yaml": Monorepo.deployment("api", image: "example.com/api", environment: [there]),
            "k8s/api/web.yaml": Monorepo.deployment("web", image: "example.com/web:1", environment: [back]),
            "k8s/api/web-service.yaml": Monorepo.service("web"),
        ])
        #expect(found.count == 1 || found.count == 2, "\(found)")
        #expect(found.allSatisfy { $0.contains(": note: Deployment ") && $0.contains("does not wait for ") })
    }

    @Test("Who depends on what is in another cluster does not wait for it, and is told so")
    func dependencyAcross() async throws {
        let pipeline =
            ValidatedFolder.pipeline.replacing("{name: production,", with: "{name: production, cluster: east,")
            .replacing("  path: k8s/api\n", with: "  path: k8s/api\n  dependsOn: [db]\n")
            + "- {name: db, environments: [production], path: k8s/db.yaml}\n"
        let text = try await ValidatedFolder.output([
            "mainstay.yaml": pipeline, "k8s/db.yaml": Monorepo.configMap("db"),
        ]).text
        #expect(
            text.contains(
                "warning: applications[0].dependsOn[0]: api in staging depends on db in production: it is in another cluster, "
                    + "which only gates wait for"
            ),
            "\(text)")
        #expect(!text.contains("api in production depends on"))
    }
}
