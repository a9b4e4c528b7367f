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
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Releases what is attached for sandboxes that are gone. Attachments with a record are detached
 * (DEL). For attachments without a record, the network's plugins are told which attachments are
 * valid (GC). Other runtimes may use the same directory of records and the same network: an
 * attachment whose namespace is not in our directory belongs to them, and is valid.
 */
final class GarbageCollection {
  private final AttachmentRecords records;
  private final PluginChain chain;
  private final PodNetwork.Sandboxes sandboxes;
  private final Path namespaces;

  /**
   * Prepares a collection.
   *
   * @param namespaces the directory below which the network namespaces of all sandboxes are
   */
  GarbageCollection(
      AttachmentRecords records,
      PluginChain chain,
      PodNetwork.Sandboxes sandboxes,
      Path namespaces) {
    this.records = records;
    this.chain = chain;
    this.sandboxes = sandboxes;
    this.namespaces = namespaces;
  }

  /** Detaches the sandbox of a record (DEL) and removes the record. */
  @FunctionalInterface
  interface Detachment {
    void detach(AttachmentRecord record) throws IOException;
  }

  /**
   * Detaches every sandbox that is no more. Pods may be attached and detached meanwhile.
   *
   * @throws IOException the first failure, with the others suppressed; all sandboxes are tried
   */
  void delete(Detachment detachment) throws IOException {
    IOException failure = null;
    for (AttachmentRecord record : attachments()) {
      try {
        detachment.detach(record);
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** The recorded attachments of sandboxes that are no more. */
  List<AttachmentRecord> attachments() throws IOException {
    // In this order: a record is written after its sandbox, so a sandbox that is missing from the
    // later list is gone, and not new.
    List<AttachmentRecord> recorded = records.all();
    Set<String> living = sandboxes.ids();
    return recorded.stream().filter(record -> isGarbage(record, living)).toList();
  }

  /**
   * Tells the network's plugins which attachments are valid. No pod may be attached or detached
   * meanwhile.
   *
   * @param limit the plugin that runs after this time is killed
   */
  void tellPlugins(NetworkConfiguration network, Duration limit) throws IOException {
    Set<String> living = sandboxes.ids();
    Set<AttachmentName> valid = new LinkedHashSet<>();
    for (String sandbox : living) {
      valid.add(new AttachmentName(sandbox, PodNetworkRequest.INTERFACE));
    }
    for (AttachmentRecord record : records.all()) {
      boolean isGarbage = isGarbage(record, living);
      if (!isGarbage && record.network().name().equals(network.name())) {
        valid.add(AttachmentName.of(record));
      }
    }
    PluginThread.call(
        "cni-gc",
        limit,
        cancel -> {
          chain.collectGarbage(network, valid, cancel);
          return true;
        });
  }

  private boolean isGarbage(AttachmentRecord record, Set<String> living) {
    Attachment attachment = record.attachment();
    boolean isOurs = attachment.networkNamespace().startsWith(namespaces + "/");
    return isOurs && !living.contains(attachment.containerId());
  }
}
