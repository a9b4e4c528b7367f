package io.jukung.runtime.server;

import com.fasterxml.jackson.databind.node.TextNode;
import io.jukung.linux.lsm.AppArmor;
import io.jukung.linux.lsm.Selinux;
import io.jukung.runtime.launch.SeccompFilters;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The part of the verbose status that says which mechanisms confine containers on this node. The
 * values are JSON.
 */
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

  /** "available", or the reason why the mechanism is missing. */
  private static String state(Optional<String> missing) {
    return json(missing.orElse("available"));
  }

  private static String json(String text) {
    return TextNode.valueOf(text).toString();
  }
}
