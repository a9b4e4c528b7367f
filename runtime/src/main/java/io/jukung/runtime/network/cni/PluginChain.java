package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Calls all plugins of a network, one after the other (section 3 of the CNI specification). Must
 * run on a thread of {@link PluginThread}.
 */
public final class PluginChain {
  private final PluginRunner plugins;

  public PluginChain(PluginRunner plugins) {
    this.plugins = plugins;
  }

  /** Calls the plugins with ADD, up to the first one that fails. */
  public CniResult add(NetworkConfiguration network, Attachment attachment, Eventfd cancel)
      throws IOException {
    CniResult result = null;
    for (PluginConfiguration plugin : network.plugins()) {
      PluginRunner.Call call =
          new PluginRunner.Call(CniCommand.ADD, plugin.type(), network.name(), attachment);
      ObjectNode previous =
          result != null && network.version().hasPreviousResultOnAdd() ? result.json() : null;
      byte[] answer =
          plugins.run(
              call, plugin.request(network, attachment.capabilityArguments(), previous), cancel);
      try {
        result = CniResult.parse(answer, network.version()).as(network.version());
      } catch (IOException e) {
        throw new CniException(
            call
                + ": the answer is no CNI result: "
                + PluginRunner.quote(String.valueOf(e.getMessage())),
            CniException.NO_CODE,
            e);
      }
    }
    if (result == null) {
      throw new IllegalStateException("network " + network.name() + " without plugins");
    }
    return result;
  }

  /** Calls the plugins with CHECK, up to the first one that finds something wrong. */
  public void check(AttachmentRecord record, String namespace, Eventfd cancel) throws IOException {
    NetworkConfiguration network = record.network();
    Attachment attachment = record.attachment().in(namespace);
    for (PluginConfiguration plugin : network.plugins()) {
      plugins.run(
          new PluginRunner.Call(CniCommand.CHECK, plugin.type(), network.name(), attachment),
          plugin.request(network, attachment.capabilityArguments(), record.result().orElse(null)),
          cancel);
    }
  }

  /**
   * Calls all plugins with DEL in reverse order. A failure of one does not keep the others from
   * releasing what they hold.
   */
  public void delete(AttachmentRecord record, String namespace, Eventfd cancel) throws IOException {
    NetworkConfiguration network = record.network();
    Attachment attachment = record.attachment().in(namespace);
    ObjectNode result =
        network.version().hasPreviousResultOnDelete() ? record.result().orElse(null) : null;
    IOException failure = null;
    for (PluginConfiguration plugin : network.plugins().reversed()) {
      try {
        plugins.run(
            new PluginRunner.Call(CniCommand.DEL, plugin.type(), network.name(), attachment),
            plugin.request(network, attachment.capabilityArguments(), result),
            cancel);
      } catch (IOException e) {
        failure = join(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Calls the plugins with STATUS, up to the first one that cannot serve pods. */
  public void status(NetworkConfiguration network, Eventfd cancel) throws IOException {
    for (PluginConfiguration plugin : network.plugins()) {
      plugins.run(
          new PluginRunner.Call(CniCommand.STATUS, plugin.type(), network.name(), null),
          plugin.request(network, CniJson.object(), null),
          cancel);
    }
  }

  /**
   * Calls all plugins with GC: each releases what it holds for other attachments than the valid
   * ones.
   */
  public void collectGarbage(
      NetworkConfiguration network, Collection<AttachmentName> valid, Eventfd cancel)
      throws IOException {
    ArrayNode attachments = CniJson.object().putArray("valid");
    for (AttachmentName each : valid) {
      attachments
          .addObject()
          .put("containerID", each.containerId())
          .put("ifname", each.interfaceName());
    }
    IOException failure = null;
    for (PluginConfiguration plugin : network.plugins()) {
      ObjectNode request = plugin.request(network, CniJson.object(), null);
      request.set("cni.dev/valid-attachments", attachments);
      // The key in drafts of version 1.1, which some plugins still read.
      request.set("cni.dev/attachments", attachments);
      try {
        plugins.run(
            new PluginRunner.Call(CniCommand.GC, plugin.type(), network.name(), null),
            request,
            cancel);
      } catch (IOException e) {
        failure = join(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static IOException join(@Nullable IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
