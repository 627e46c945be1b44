// SPDX-License-Identifier: Apache-2.0

package import Manifests
internal import Transport

package struct ObjectList: Sendable {
    package var items: [Object]
    /// From where a watch goes on.
    package var resourceVersion: String

    package init(items: [Object], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

extension KubernetesClient {
    /// The server's version, as in `v1.36.2`. Asked often, to see whether the server answers, and so within 10 seconds,
    /// once, and before all that waits.
    package func version() async throws(KubernetesError) -> String {
        let subject = "read the server's version"
        var request = builder.request("GET", "/version")
        request.deadlines.total = .seconds(10)
        let response = try await perform(request, subject: subject, retries: .never, kind: nil)
        guard let version = try document(response, subject: subject)["gitVersion"]?.string else {
            throw .malformed(subject, "the answer has no gitVersion")
        }
        return StatusMessages.cleaned(version, limit: 64)
    }

    /// The object, or nil when there is none (`namespace` is not looked at for a cluster-scoped kind).
    package func get(
        _ resource: APIResource, namespace: String, name: String
    ) async throws(KubernetesError) -> Object? {
        let subject = subject("get", resource, namespace: namespace, name: name)
        let path = try RequestBuilder.path(resource, namespace: namespace, name: name, subject: subject)
        do throws(KubernetesError) {
            return try object(
                try await performNoticing(builder.request("GET", path), subject: subject), subject: subject)
        } catch let error where error.code == .notFound || error.code == .namespaceNotFound {
            return nil
        }
    }

    /// All objects of a kind, page by page. Where the pages outlive the server's history the list starts again, once.
    ///
    /// Sent once: whoever keeps a list current tries again by itself.
    ///
    /// - Parameters:
    ///   - namespace: nil for all namespaces.
    ///   - notOlderThan: a resource version that the answer must have seen; nil for the newest.
    ///   - keep: what stays of each object, applied page by page.
    package func list(
        _ resource: APIResource, namespace: String?, labelSelector: String?, fieldSelector: String?,
        notOlderThan: String? = nil, keep: @Sendable (Object) -> Object = { $0 }
    ) async throws(KubernetesError) -> ObjectList {
        let subject = subject("list", resource, namespace: namespace, name: nil)
        let path = try RequestBuilder.path(resource, namespace: namespace, subject: subject)
        let pages = Pages(
            resource: resource, path: path, labelSelector: labelSelector, fieldSelector: fieldSelector,
            subject: subject, notOlderThan: notOlderThan)
        do throws(KubernetesError) {
            return try await read(pages, keep)
        } catch let error where error.code == .expired && error.status == 410 {
            return try await read(pages, keep)
        }
    }

    private struct Pages {
        var resource: APIResource
        var path: String
        var labelSelector: String?
        var fieldSelector: String?
        var subject: String
        var notOlderThan: String?
        var size = 500
        var token = ""

        var query: RequestBuilder.Query {
            var query = RequestBuilder.Query()
            query.add("limit", String(size))
            query.add("labelSelector", labelSelector)
            query.add("fieldSelector", fieldSelector)
            query.add("continue", token)
            // A continued list says by its token which version it is of, and must not name one.
            if token.isEmpty, let version = notOlderThan, !version.isEmpty {
                query.add("resourceVersion", version)
                query.add("resourceVersionMatch", "NotOlderThan")
            }
            return query
        }
    }

    /// 500 of the largest objects (1.5 MiB each) do not fit: they are asked for again in smaller pages.
    private static var pageBytes: Int { 16 << 20 }
    private static var maximumItems: Int { 200_000 }

    private func read(
        _ asked: Pages, _ keep: @Sendable (Object) -> Object
    ) async throws(KubernetesError) -> ObjectList {
        var pages = asked
        let subject = pages.subject
        var list = ObjectList(items: [], resourceVersion: "")
        while true {
            let page = try await page(&pages)
            guard let version = page["metadata"]?["resourceVersion"]?.string else {
                throw .malformed(subject, "the answer is no list")
            }
            let items = page["items"]?.array ?? []
            guard list.items.count + items.count <= Self.maximumItems else {
                throw KubernetesError(
                    code: .tooLarge, subject: subject, message: "there are more than \(Self.maximumItems) objects",
                    hint: "narrow the namespaces that the daemon may use")
            }
            for item in items.lazy.compactMap(\.object) { list.items.append(keep(item.named(pages.resource))) }
            list.resourceVersion = version
            let next = page["metadata"]?["continue"]?.string ?? ""
            if next.isEmpty { return list }
            guard next != pages.token else { throw .malformed(subject, "the list does not go on") }
            pages.token = next
        }
    }

    /// The next page, of fewer objects where so many of them are too large.
    private func page(_ pages: inout Pages) async throws(KubernetesError) -> Value {
        while true {
            var request = builder.request("GET", pages.path, query: pages.query)
            request.maximumResponseBytes = Self.pageBytes
            do throws(KubernetesError) {
                let response = try await performNoticing(
                    request, subject: pages.subject, retries: .never, kind: .long)
                return try document(response, subject: pages.subject)
            } catch let error where error.code == .tooLarge && error.status == nil && pages.size >= 10 {
                pages.size /= 10
            }
        }
    }

    /// `get Deployment staging/api`, `list pods in staging`.
    func subject(_ verb: String, _ resource: APIResource, namespace: String?, name: String?) -> String {
        let namespace = resource.isNamespaced ? namespace ?? "" : ""
        guard let name else { return "\(verb) \(resource)" + (namespace.isEmpty ? "" : " in \(namespace)") }
        let id = ObjectID(group: resource.group, kind: resource.kind, namespace: namespace, name: name)
        return "\(verb) \(id)"
    }
}

extension Object {
    /// With apiVersion and kind, which the items of a list leave out.
    fileprivate func named(_ resource: APIResource) -> Object {
        guard self["kind"] == nil else { return self }
        let head = [
            Pair(key: "apiVersion", value: .string(resource.groupVersionKind.apiVersion)),
            Pair(key: "kind", value: .string(resource.kind)),
        ]
        return Object(uniqueKeysWithValues: head + pairs.filter { $0.key != "apiVersion" })
    }
}
