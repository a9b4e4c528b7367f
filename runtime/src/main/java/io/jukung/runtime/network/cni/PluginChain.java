package io.jukung.runtime.network.cni;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.linux.io.Eventfd;
import java.io.IOException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Asks all plugins of a network one thing, each in its turn (section 3 of the specification). For
 * the threads of {@link PluginThread}.
 */
public final class PluginChain {
  private final PluginRunner plugins;

  public PluginChain(PluginRunner plugins) {
    this.plugins = plugins;
  }

  /** Ends with the first plugin that fails. */
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

  /** Ends with the first plugin that finds something wrong. */
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

  /** Each plugin gets its chance to release what it holds, also when one before it fails. */
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

  /** Ends with the first plugin that cannot serve pods. */
  public void status(NetworkConfiguration network, Eventfd cancel) throws IOException {
    for (PluginConfiguration plugin : network.plugins()) {
      plugins.run(
          new PluginRunner.Call(CniCommand.STATUS, plugin.type(), network.name(), null),
          plugin.request(network, CniJson.object(), null),
          cancel);
    }
  }

  /** Each plugin releases what it holds for others than these. */
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
      request.set("cni.dev/attachments", attachments); // as drafts of 1.1 had it, and plugins read
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
