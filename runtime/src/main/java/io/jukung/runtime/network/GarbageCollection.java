package io.jukung.runtime.network;

import io.jukung.runtime.network.cni.Attachment;
import io.jukung.runtime.network.cni.AttachmentName;
import io.jukung.runtime.network.cni.AttachmentRecord;
import io.jukung.runtime.network.cni.AttachmentRecords;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginChain;
import io.jukung.runtime.network.cni.PluginThread;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Releases what was attached for sandboxes that are no more: what the records know by DEL, the rest
 * by telling the network's plugins which attachments are valid (GC). Other runtimes may share the
 * directory of records, and the network: attachments of namespaces that are not ours are theirs,
 * and valid.
 */
final class GarbageCollection {
  private final AttachmentRecords records;
  private final PluginChain chain;
  private final Detachment detachment;
  private @Nullable IOException failure;

  GarbageCollection(AttachmentRecords records, PluginChain chain, Detachment detachment) {
    this.records = records;
    this.chain = chain;
    this.detachment = detachment;
  }

  /** DEL, and what goes with it. */
  @FunctionalInterface
  interface Detachment {
    void detach(AttachmentRecord record) throws IOException;
  }

  /**
   * Does it, for one time.
   *
   * @param network whose plugins are told
   * @param sandboxes the ids of all there are
   * @param namespaces the directory below which all their namespaces are
   */
  void run(Optional<NetworkConfiguration> network, Set<String> sandboxes, Path namespaces)
      throws IOException {
    Set<AttachmentName> valid = new LinkedHashSet<>();
    for (String sandbox : sandboxes) {
      valid.add(new AttachmentName(sandbox, PodNetworkRequest.INTERFACE));
    }
    for (AttachmentRecord record : records.all()) {
      Attachment attachment = record.attachment();
      boolean ours = attachment.networkNamespace().startsWith(namespaces + "/");
      if (ours && !sandboxes.contains(attachment.containerId())) {
        attempt(() -> detachment.detach(record));
      } else if (network.filter(each -> each.name().equals(record.network().name())).isPresent()) {
        valid.add(AttachmentName.of(record));
      }
    }
    if (network.isPresent()
        && network.get().version().hasStatusAndGc()
        && !network.get().disableGc()) {
      attempt(
          () ->
              PluginThread.call(
                  "cni-gc",
                  cancel -> {
                    chain.collectGarbage(network.get(), valid, cancel);
                    return true;
                  }));
    }
    if (failure != null) {
      throw failure;
    }
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (IOException e) {
      if (failure == null) {
        failure = e;
      } else {
        failure.addSuppressed(e);
      }
    }
  }
}
