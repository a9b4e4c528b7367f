package io.jukung.e2e.node;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests that need a cgroup v2 hierarchy with the controllers cpu, io, memory and pids. They run in
 * the test node (e2e/node) only.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("test-node")
@Tag("controllers")
public @interface NeedsControllers {}
