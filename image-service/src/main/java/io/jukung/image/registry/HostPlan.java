package io.jukung.image.registry;

import io.jukung.image.registry.RegistryHost.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Why and how a host would be asked for an image, for people. It holds no secret: of headers their
 * names, of keys their files.
 *
 * @param url what repository paths are appended to
 * @param asked for what, as a sentence's end: "manifests by tag and content by digest"
 * @param origin what has put the host on the list
 * @param notes one line each, of what else matters
 */
public record HostPlan(String url, String asked, String origin, List<String> notes) {
  static HostPlan of(RegistryHost host, Credentials credentials) {
    List<String> notes = new ArrayList<>();
    notes.add(credentials(host, credentials));
    if (host.base().getScheme().equals("http")) {
      notes.add("plain http: neither secret nor authentic");
    }
    RegistryHost.Tls tls = host.tls();
    tls.certificateAuthorities().forEach(ca -> notes.add("certificate authority " + ca));
    tls.clients().forEach(client -> notes.add("client certificate " + client.certificate()));
    if (tls.skipVerify()) {
      notes.add("its certificate is not verified (skip_verify)");
    }
    if (!host.headers().isEmpty()) {
      notes.add("headers " + String.join(", ", new TreeSet<>(host.headers().keySet())));
    }
    return new HostPlan(host.base().toString(), asked(host), host.origin(), List.copyOf(notes));
  }

  private static String asked(RegistryHost host) {
    boolean resolve = host.capabilities().contains(Capability.RESOLVE);
    boolean pull = host.capabilities().contains(Capability.PULL);
    if (resolve && pull) {
      return "what the tag leads to, and content by digest";
    }
    return pull
        ? "content by digest only (capabilities)"
        : resolve ? "what the tag leads to only (capabilities)" : "nothing (capabilities)";
  }

  private static String credentials(RegistryHost host, Credentials credentials) {
    return switch (credentials.kind()) {
      case ANONYMOUS -> "no credentials: none were given for this registry";
      case PASSWORD, IDENTITY_TOKEN, REGISTRY_TOKEN ->
          host.server()
              ? "with the credentials given, where it asks for them"
              : "no credentials: it is not the registry itself";
    };
  }
}
