// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import TestSupport
internal import Testing

@Suite("What kubectl writes, on the sandbox", .serialized, .enabled(if: Kubectl.isThere, Kubectl.hint))
struct KubectlWriteTests {
    private static let manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "example.com/web:1.0.0"}]}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {colour: blue}

        """

    @Test("create, in each of its forms, which send protobuf")
    func create() async throws {
        let sandbox = try await SandboxProcess()
        try await sandbox.expect([
            ("create namespace demo", "namespace/demo created"),
            ("create deployment web --image=web:1 --replicas=2 --port=80", "deployment.apps/web created"),
            ("create secret generic keys --from-literal=a=b", "secret/keys created"),
            ("create configmap settings --from-literal=a=b", "configmap/settings created"),
            ("create job once --image=job:1 -- true", "job.batch/once created"),
            (
                "create cronjob nightly --image=job:1 --schedule='0 3 * * *' -- sh -c true",
                "cronjob.batch/nightly created"
            ),
            ("create job again --from=cronjob/nightly", "job.batch/again created"),
            ("create service clusterip plain --tcp=80:8080", "service/plain created"),
            ("create service externalname far --external-name example.com", "service/far created"),
            (
                "create ingress front --rule='example.com/api*=plain:80,tls=cert'",
                "ingress.networking.k8s.io/front created"
            ),
            (
                "create role reader --verb=get,list --resource=pods,pods/log",
                "role.rbac.authorization.k8s.io/reader created"
            ),
            (
                "create rolebinding readers --role=reader --user=alice --serviceaccount=default:robot",
                "rolebinding.rbac.authorization.k8s.io/readers created"
            ),
            (
                "create clusterrole nodes --verb=get --resource=nodes",
                "clusterrole.rbac.authorization.k8s.io/nodes created"
            ),
            (
                "create clusterrolebinding nodes --clusterrole=nodes --group=devs",
                "clusterrolebinding.rbac.authorization.k8s.io/nodes created"
            ),
            ("create quota limits --hard=pods=10,requests.storage=1500Mi", "resourcequota/limits created"),
            (
                "create poddisruptionbudget some --selector=app=web --min-available=50%",
                "poddisruptionbudget.policy/some created"
            ),
            (
                "create priorityclass low --value=-5 --description=later",
                "priorityclass.scheduling.k8s.io/low created"
            ),
            ("create serviceaccount robot", "serviceaccount/robot created"),
            ("run alone --image=alone:1 --env=A=B", "pod/alone created"),
            ("expose deployment web --port=80 --target-port=http", "service/web exposed"),
            (
                "autoscale deployment web --min=1 --max=3 --cpu=80%",
                "horizontalpodautoscaler.autoscaling/web autoscaled"
            ),
            ("auth can-i create deployments", "yes"),
        ])
        let text = try await sandbox.run(
            "get ingress/front quota/limits cronjob/nightly svc/web rolebinding/readers -o json")
        let items = try JSON.parse(Array(text.utf8))["items"]?.array ?? []
        try #require(items.count == 5)
        let path = items[0]["spec"]?["rules"]?[0]?["http"]?["paths"]?[0]
        #expect(path?["path"] == "/api" && path?["backend"]?["service"]?["port"]?["number"] == 80)
        #expect(items[0]["spec"]?["tls"]?[0] == ["hosts": ["example.com"], "secretName": "cert"])
        #expect(items[1]["spec"]?["hard"] == ["pods": "10", "requests.storage": "1500Mi"])
        let pod = items[2]["spec"]?["jobTemplate"]?["spec"]?["template"]?["spec"]
        #expect(pod?["containers"]?[0]?["command"] == ["sh", "-c", "true"] && pod?["restartPolicy"] == "OnFailure")
        #expect(items[3]["spec"]?["ports"]?[0]?["targetPort"] == "http")
        #expect(items[4]["subjects"]?.array?.count == 2)
        #expect(try await sandbox.refuse("create namespace demo").contains("(AlreadyExists): namespaces \"demo\""))
    }

    @Test("apply, diff, edit, replace and patch, on the client and on the server, with conflicts and pruning")
    func apply() async throws {
        let sandbox = try await SandboxProcess()
        let file = try sandbox.directory.write(Self.manifest, to: "web.yaml")
        let second = try sandbox.directory.write(
            Self.manifest.replacing("replicas: 2", with: "replicas: 3").replacing("blue", with: "red"),
            to: "second.yaml")
        func lines(_ deployment: String, _ configMap: String) -> String {
            "deployment.apps/web \(deployment)\nconfigmap/settings \(configMap)"
        }
        try await sandbox.expect([
            ("apply -f \(file)", lines("created", "created")),
            ("apply -f \(file)", lines("unchanged", "unchanged")),
        ])
        #expect(try await sandbox.run("diff -f \(file)").isEmpty)
        let difference = try await sandbox.kubectl(["diff", "-f", second], exits: 1)
        #expect(difference.contains("-  replicas: 2\n+  replicas: 3") && difference.contains("+  colour: red"))
        try await sandbox.expect([
            (
                "apply -f \(second) --dry-run=server",
                lines("configured (server dry run)", "configured (server dry run)")
            ),
            ("apply -f \(second)", lines("configured", "configured")),
            ("apply --server-side -f \(second)", lines("serverside-applied", "serverside-applied")),
        ])
        let conflict = try await sandbox.refuse("apply --server-side --field-manager=other -f \(file)")
        #expect(conflict.contains("Apply failed with 1 conflict: conflict with \"kubectl\": .spec.replicas"))
        try await sandbox.expect([
            (
                "apply --server-side --field-manager=other --force-conflicts -f \(file)",
                lines("serverside-applied", "serverside-applied")
            ),
            ("get deployment web -o jsonpath={.spec.replicas}{\"\\n\"}", "2"),
        ])

        let editor = try sandbox.directory.write("#!/bin/sh\nsed -i 's/colour: blue/colour: green/' \"$1\"\n", to: "ed")
        sandbox.environment["KUBE_EDITOR"] = "sh \(editor)"
        let whole = try sandbox.directory.write(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {size: '1'}}", to: "whole.yaml")
        try await sandbox.expect([
            ("edit configmap settings", "configmap/settings edited"),
            ("get configmap settings -o jsonpath={.data.colour}{\"\\n\"}", "green"),
            ("replace -f \(whole)", "configmap/settings replaced"),
            ("patch configmap settings -p {\"data\":{\"a\":\"1\"}}", "configmap/settings patched"),
            ("patch configmap settings --type=merge -p {\"data\":{\"a\":\"2\"}}", "configmap/settings patched"),
            (
                "patch configmap settings --type=json -p [{\"op\":\"remove\",\"path\":\"/data/a\"}]",
                "configmap/settings patched"
            ),
            ("get configmap settings -o jsonpath={.data}{\"\\n\"}", "{\"size\":\"1\"}"),
            ("label configmap settings tier=front", "configmap/settings labeled"),
            ("annotate configmap settings note=hello", "configmap/settings annotated"),
            (
                "get configmap settings -o jsonpath={.metadata.labels.tier}-{.metadata.annotations.note}{\"\\n\"}",
                "front-hello"
            ),
        ])
        let wrong = try sandbox.directory.write(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: wrong}, dat: {a: b}}", to: "wrong.yaml")
        #expect(try await sandbox.refuse("apply -f \(wrong)").contains("strict decoding error: unknown field \"dat\""))

        sandbox.environment["KUBECTL_APPLYSET"] = "true"
        let one = "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}}\n"
        let both = try sandbox.directory.write(one + "---\n" + one.replacing("one", with: "two"), to: "both.yaml")
        let single = try sandbox.directory.write(one, to: "single.yaml")
        try await sandbox.expect([
            ("-n default apply -f \(both) --prune --applyset=set", "configmap/one created\nconfigmap/two created"),
            ("-n default apply -f \(single) --prune --applyset=set", "configmap/one unchanged\nconfigmap/two pruned"),
        ])
    }

    @Test("set, scale, rollout, wait and delete")
    func change() async throws {
        let sandbox = try await SandboxProcess()
        let file = try sandbox.directory.write(Self.manifest, to: "web.yaml")
        try await sandbox.run("apply --server-side -f \(file)")
        try await sandbox.rolloutOfWeb()
        try await sandbox.expect([
            ("set image deployment/web web=example.com/web:1.1.0", "deployment.apps/web image updated"),
            ("set env deployment/web A=B", "deployment.apps/web env updated"),
            ("set resources deployment/web --limits=cpu=200m", "deployment.apps/web resource requirements updated"),
            ("rollout pause deployment/web", "deployment.apps/web paused"),
            ("rollout resume deployment/web", "deployment.apps/web resumed"),
            ("rollout restart deployment/web", "deployment.apps/web restarted"),
            ("scale deployment/web --replicas=1 --current-replicas=2", "deployment.apps/web scaled"),
        ])
        #expect(
            try await sandbox.refuse("scale deployment/web --replicas=9 --current-replicas=7")
                == "error: Expected replicas to be 7, was 1\n")
        try await sandbox.rolloutOfWeb()
        let history = rows(try await sandbox.run("rollout history deployment/web"))
        #expect(history.count >= 6 && history[0] == ["deployment.apps/web"])
        #expect(try await sandbox.run("rollout history deployment/web --revision=1").contains("example.com/web:1.0.0"))
        try await sandbox.expect([
            ("rollout undo deployment/web --to-revision=1", "deployment.apps/web rolled back"),
            (
                "wait --for=jsonpath={.spec.template.spec.containers[0].image}=example.com/web:1.0.0 deployment/web "
                    + "--timeout=10s", "deployment.apps/web condition met"
            ),
            (
                "wait --for=condition=Available deployment --all --timeout=30s",
                "deployment.apps/web condition met"
            ),
        ])
        #expect(
            try await sandbox.refuse("wait --for=condition=Complete deployment/web --timeout=100ms")
                == "error: timed out waiting for the condition on deployments/web\n")

        try await sandbox.run("run gone --image=gone:1")
        try await sandbox.expect([
            ("wait --for=condition=Ready pod/gone --timeout=30s", "pod/gone condition met"),
            ("delete pod gone --wait=false --grace-period=1", "pod \"gone\" deleted from default namespace"),
        ])
        try await sandbox.run("wait --for=delete pod/gone --timeout=30s")
        try await sandbox.expect([
            (
                "delete deployment web --dry-run=server",
                "deployment.apps \"web\" deleted from default namespace (server dry run)"
            ),
            ("get deployment web -o name", "deployment.apps/web"),
            ("delete deployment web --cascade=orphan", "deployment.apps \"web\" deleted from default namespace"),
        ])
        #expect(try await sandbox.run("get replicasets -o name").contains("replicaset.apps/web-"))
        #expect(try await sandbox.run("delete replicasets --all --cascade=foreground").contains("deleted"))
        #expect(try await sandbox.run("get replicasets -o name").isEmpty)
    }
}
