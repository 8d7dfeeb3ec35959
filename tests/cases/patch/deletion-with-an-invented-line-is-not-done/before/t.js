describe('boom', () => {
  it('reports', () => {
    throw new Error('boom');
  });
});

describe('socket', () => {
  it('reports', () => {
    socket.emit('error', 'escaped');
    expect(seen).toBe('escaped');
  });
});

describe('last', () => {
  it('reports', () => {
    expect(last).toBe(true);
  });
});
