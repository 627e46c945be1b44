// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Server and controllers together")
struct ServerLoopsTests {
    static let core = "/api/v1/namespaces/default"

    private func deployment(_ cluster: TestCluster, image: String = "web:1", replicas: Int = 2) async {
        await cluster.send(
            "POST", "/apis/apps/v1/namespaces/default/deployments",
            [
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
                "spec": [
                    "replicas": .count(replicas), "selector": ["matchLabels": ["app": "web"]],
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "web", "image": .string(image)]]],
                    ],
                ],
            ])
        await cluster.run(seconds: 3)
    }

    private func evict(_ cluster: TestCluster, _ pod: Object) async -> TestCluster.Answer {
        await cluster.send(
            "POST", "\(Self.core)/pods/\(pod.name)/eviction",
            ["apiVersion": "policy/v1", "kind": "Eviction", "metadata": ["name": .string(pod.name)]])
    }

    @Test("An eviction is refused as soon as it would go beyond the disruption budget")
    func eviction() async throws {
        let cluster = TestCluster()
        await deployment(cluster)
        await cluster.send(
            "POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
            [
                "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": ["name": "pdb"],
                "spec": ["minAvailable": 1, "selector": ["matchLabels": ["app": "web"]]],
            ])
        await cluster.run(seconds: 1)
        let pods = await cluster.list("\(Self.core)/pods")
        #expect(await evict(cluster, try #require(pods.first)).status == 201)
        let refused = await evict(cluster, try #require(pods.last))
        #expect(refused.status == 429)
        #expect(refused.body["message"] == "Cannot evict pod as it would violate the pod's disruption budget.")
        let cause = refused.body["details"]?["causes"]?[0]
        #expect(cause?["reason"] == "DisruptionBudget")
        #expect(
            cause?["message"]?.string?.hasPrefix("The disruption budget pdb needs 1 healthy pods and has") == true)
        await cluster.run(seconds: 5)
        #expect(await evict(cluster, try #require(pods.last)).status == 201)
    }

    @Test("A Job that is deleted without a policy leaves its pods, and says so")
    func orphaningJob() async {
        let cluster = TestCluster()
        let path = "/apis/batch/v1/namespaces/default/jobs"
        await cluster.send(
            "POST", path,
            [
                "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "migrate"],
                "spec": [
                    "template": [
                        "spec": ["restartPolicy": "Never", "containers": [["name": "m", "image": "m:unready"]]]
                    ]
                ],
            ])
        await cluster.run(seconds: 2)
        let deleted = await cluster.send("DELETE", "\(path)/migrate")
        #expect(deleted.header("warning")?.contains("child pods are preserved by default") == true)
        await cluster.run(seconds: 60)
        #expect(await cluster.send("GET", "\(path)/migrate").status == 404)
        let pods = await cluster.list("\(Self.core)/pods")
        #expect(pods.count == 1 && pods.first?.ownerReferences.isEmpty == true)
    }

    @Test("What is no policy is refused, and so is deleting a namespace that must stay")
    func refusedDeletions() async {
        let cluster = TestCluster()
        await deployment(cluster, replicas: 0)
        let path = "/apis/apps/v1/namespaces/default/deployments/web"
        let unknown = await cluster.send("DELETE", "\(path)?propagationPolicy=Sideways")
        #expect(unknown.status == 422)
        #expect(unknown.body["details"]?["kind"] == "DeleteOptions")
        let both = await cluster.send("DELETE", path, ["orphanDependents": true, "propagationPolicy": "Foreground"])
        #expect(both.status == 422)
        let immortal = await cluster.send("DELETE", "/api/v1/namespaces/default")
        #expect(immortal.status == 403)
        #expect(
            immortal.body["message"] == "namespaces \"default\" is forbidden: this namespace may not be deleted")
    }

    @Test("A later deletion changes the policy of an earlier one")
    func changedPolicy() async {
        let cluster = TestCluster()
        await deployment(cluster)
        let path = "/apis/apps/v1/namespaces/default/deployments/web"
        await cluster.send("DELETE", "\(path)?propagationPolicy=Foreground")
        #expect(await cluster.send("GET", path).body["metadata"]?["finalizers"] == ["foregroundDeletion"])
        await cluster.send("DELETE", "\(path)?propagationPolicy=Background")
        #expect(await cluster.send("GET", path).status == 404)
    }

    @Test("A terminating namespace says what holds it")
    func namespaceConditions() async {
        let cluster = TestCluster()
        await cluster.send(
            "POST", "/api/v1/namespaces",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]])
        await cluster.send(
            "POST", "/api/v1/namespaces/shop/configmaps",
            [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": "held", "finalizers": ["example.com/keep"]],
            ])
        await cluster.run(seconds: 1)
        await cluster.send("DELETE", "/api/v1/namespaces/shop")
        await cluster.run(seconds: 2)
        let status = await cluster.send("GET", "/api/v1/namespaces/shop").body["status"]?.object ?? Object()
        #expect(status["phase"] == "Terminating")
        #expect(
            status.condition("NamespaceContentRemaining")?["message"]
                == "Some resources are remaining: configmaps. has 1 resource instances")
        #expect(
            status.condition("NamespaceFinalizersRemaining")?["message"]
                == "Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances")
        #expect(!status.holds("NamespaceDeletionContentFailure"))
        await cluster.send(
            "PATCH", "/api/v1/namespaces/shop/configmaps/held", ["metadata": ["finalizers": nil]],
            type: "application/merge-patch+json")
        await cluster.run(seconds: 1)
        #expect(await cluster.send("GET", "/api/v1/namespaces/shop").status == 404)
    }

    @Test("A log is refused in the kubelet's words, and cut as asked")
    func logs() async throws {
        let cluster = TestCluster()
        await deployment(cluster, image: "web:missing", replicas: 1)
        let waiting = try #require(await cluster.list("\(Self.core)/pods").first)
        let refused = await cluster.send("GET", "\(Self.core)/pods/\(waiting.name)/log")
        #expect(refused.status == 400)
        #expect(
            refused.body["message"]?.string?.contains(
                "container \"web\" in pod \"\(waiting.name)\" is waiting to start")
                == true)

        let running = TestCluster()
        await deployment(running, replicas: 1)
        let pod = try #require(await running.list("\(Self.core)/pods").first)
        let path = "\(Self.core)/pods/\(pod.name)/log"
        #expect(await running.send("GET", path).text == "sandbox: container web with image web:1\nsandbox: running\n")
        #expect(await running.send("GET", "\(path)?tailLines=1").text == "sandbox: running\n")
        #expect(await running.send("GET", "\(path)?limitBytes=7").text == "sandbox")
        #expect(
            await running.send("GET", "\(path)?previous=true").body["message"]
                == .string("previous terminated container \"web\" in pod \"\(pod.name)\" not found"))
        #expect(
            await running.send("GET", "\(path)?container=other").body["message"]
                == .string("container other is not valid for pod \(pod.name)"))
    }

    @Test("A claim takes the smallest volume that fits")
    func volumes() async {
        let cluster = TestCluster()
        for (name, size) in [("large", "5Gi"), ("fitting", "2Gi"), ("small", "500Mi")] {
            await cluster.send(
                "POST", "/api/v1/persistentvolumes",
                [
                    "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(name)],
                    "spec": [
                        "capacity": ["storage": .string(size)], "accessModes": ["ReadWriteOnce"],
                        "hostPath": ["path": "/data"],
                    ],
                ])
        }
        await cluster.send(
            "POST", "\(Self.core)/persistentvolumeclaims",
            [
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c"],
                "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
            ])
        await cluster.run(seconds: 1)
        let claim = await cluster.send("GET", "\(Self.core)/persistentvolumeclaims/c").body
        #expect(claim["spec"]?["volumeName"] == "fitting")
        #expect(claim["status"]?["phase"] == "Bound" && claim["status"]?["capacity"]?["storage"] == "2Gi")
        let volume = await cluster.send("GET", "/api/v1/persistentvolumes/fitting").body
        #expect(volume["status"]?["phase"] == "Bound" && volume["spec"]?["claimRef"]?["name"] == "c")
    }

    @Test("A Service's Endpoints carry its labels and its pods, and go with it")
    func endpoints() async {
        let cluster = TestCluster()
        await deployment(cluster)
        await cluster.send(
            "POST", "\(Self.core)/services",
            [
                "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "labels": ["team": "shop"]],
                "spec": ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": 8080]]],
            ])
        await cluster.run(seconds: 1)
        let endpoints = await cluster.send("GET", "\(Self.core)/endpoints/web").body
        #expect(endpoints["metadata"]?["labels"]?["team"] == "shop")
        #expect(endpoints["subsets"]?[0]?["addresses"]?.array?.count == 2)
        #expect(endpoints["subsets"]?[0]?["ports"]?[0]?["port"] == 8080)
        await cluster.send("DELETE", "\(Self.core)/services/web")
        await cluster.run(seconds: 1)
        #expect(await cluster.send("GET", "\(Self.core)/endpoints/web").status == 404)
    }

    @Test("A quota shows what is used")
    func quota() async {
        let cluster = TestCluster()
        await deployment(cluster)
        await cluster.send(
            "POST", "\(Self.core)/resourcequotas",
            [
                "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "q"],
                "spec": ["hard": ["pods": "10", "count/deployments.apps": "5"]],
            ])
        await cluster.run(seconds: 1)
        let status = await cluster.send("GET", "\(Self.core)/resourcequotas/q").body["status"]
        #expect(status?["used"] == ["pods": "2", "count/deployments.apps": "1"])
    }

    @Test("A pod is bound once, and its generation stays")
    func binding() async {
        let cluster = TestCluster(controllers: [])
        await cluster.send(
            "POST", "\(Self.core)/pods",
            [
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
                "spec": ["containers": [["name": "a", "image": "a:1"]]],
            ])
        let binding: Value = [
            "apiVersion": "v1", "kind": "Binding", "metadata": ["name": "p"],
            "target": ["kind": "Node", "name": "n"],
        ]
        #expect(await cluster.send("POST", "\(Self.core)/pods/p/binding", binding).status == 201)
        let pod = await cluster.send("GET", "\(Self.core)/pods/p").body
        #expect(pod["spec"]?["nodeName"] == "n" && pod["metadata"]?["generation"] == 1)
        #expect(pod["status"]?["conditions"]?[0]?["type"] == "PodScheduled")
        let again = await cluster.send("POST", "\(Self.core)/pods/p/binding", binding)
        #expect(again.status == 409)
        #expect(again.body["message"]?.string?.hasSuffix("pod p is already assigned to node \"n\"") == true)
    }

    private func job(_ cluster: TestCluster, image: String, _ spec: Object) async -> Object {
        var spec = spec
        spec["template"] = [
            "spec": ["restartPolicy": "Never", "containers": [["name": "m", "image": .string(image)]]]
        ]
        await cluster.send(
            "POST", "/apis/batch/v1/namespaces/default/jobs",
            ["apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "work"], "spec": .object(spec)])
        await cluster.run(seconds: 10)
        let job = await cluster.send("GET", "/apis/batch/v1/namespaces/default/jobs/work").body
        return job["status"]?.object ?? Object()
    }

    @Test("An Indexed Job hands out each index once")
    func indexedJob() async {
        let cluster = TestCluster()
        let status = await job(
            cluster, image: "m:1", ["completionMode": "Indexed", "completions": 3, "parallelism": 2])
        #expect(status["succeeded"] == 3 && status["completedIndexes"] == "0-2" && status.holds("Complete"))
        let pods = await cluster.list("\(Self.core)/pods")
        let indexes = pods.compactMap { $0.labels["batch.kubernetes.io/job-completion-index"]?.string }
        #expect(indexes.sorted() == ["0", "1", "2"])
        #expect(pods.allSatisfy { $0.name.hasPrefix($0.string(at: "spec", "hostname") ?? "?") })
        let variable = pods.first?.list(at: "spec", "containers").first?.list(at: "env").first
        #expect(variable?["name"] == "JOB_COMPLETION_INDEX")
    }

    @Test("A pod failure policy fails a Job at once")
    func failurePolicy() async {
        let rule: Value = [
            "action": "FailJob", "onExitCodes": ["operator": "In", "values": [1]],
        ]
        let status = await job(
            TestCluster(), image: "m:fail", ["backoffLimit": 6, "podFailurePolicy": ["rules": [rule]]])
        #expect(status["failed"] == 1 && status.condition("Failed")?["reason"] == "PodFailurePolicy")
        #expect(
            status.condition("Failed")?["message"]?.string?
                .hasSuffix("failed with exit code 1 matching FailJob rule at index 0") == true)
    }

    @Test("Claims go with their StatefulSet where the policy says so")
    func claimRetention() async {
        let cluster = TestCluster()
        let path = "/apis/apps/v1/namespaces/default/statefulsets"
        await cluster.send(
            "POST", path,
            [
                "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "db"],
                "spec": [
                    "replicas": 2, "serviceName": "db", "selector": ["matchLabels": ["app": "db"]],
                    "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Delete", "whenScaled": "Delete"],
                    "template": [
                        "metadata": ["labels": ["app": "db"]],
                        "spec": ["containers": [["name": "db", "image": "db:1"]]],
                    ],
                    "volumeClaimTemplates": [
                        [
                            "metadata": ["name": "data"],
                            "spec": [
                                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                            ],
                        ]
                    ],
                ],
            ])
        await cluster.run(seconds: 10)
        let claims = "\(Self.core)/persistentvolumeclaims"
        #expect(await cluster.list(claims).count == 2)
        await cluster.send(
            "PATCH", "\(path)/db", ["spec": ["replicas": 1]], type: "application/merge-patch+json")
        await cluster.run(seconds: 10)
        #expect(await cluster.list(claims).map(\.name) == ["data-db-0"])
        await cluster.send("DELETE", "\(path)/db")
        await cluster.run(seconds: 10)
        #expect(await cluster.list(claims).isEmpty)
    }
}
