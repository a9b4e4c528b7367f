package io.jukung.runtime.server;

import com.fasterxml.jackson.databind.node.TextNode;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.launch.SeccompFilters;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The verbose status' account of what confines containers on this node, each value in JSON. */
final class SecurityReport {
  private final SeccompFilters filters;
  private final AppArmor appArmor;
  private final Selinux selinux;
  private final StreamingParts streaming;

  SecurityReport(
      SeccompFilters filters, AppArmor appArmor, Selinux selinux, StreamingParts streaming) {
    this.filters = filters;
    this.appArmor = appArmor;
    this.selinux = selinux;
    this.streaming = streaming;
  }

  Map<String, String> entries() {
    Map<String, String> entries = new TreeMap<>();
    entries.put("seccomp", state(filters.missing()));
    entries.put("selinux", state(selinux.missing()));
    try {
      entries.put("apparmor", state(appArmor.missing()));
    } catch (IOException e) {
      entries.put("apparmor", state(Optional.of(String.valueOf(e.getMessage()))));
    }
    streaming
        .certificateSha256()
        .ifPresent(sha256 -> entries.put("streamingCertificate", json(sha256)));
    return entries;
  }

  /** The reason why the mechanism is missing, or that it is available. */
  private static String state(Optional<String> missing) {
    return json(missing.orElse("available"));
  }

  private static String json(String text) {
    return TextNode.valueOf(text).toString();
  }
}
