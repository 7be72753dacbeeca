/** Builds the transports that the settings ask for, one within the other. */
package culvert.transport.stack;
