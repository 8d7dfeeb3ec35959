describe('router', function () {
  it('finds', done);
  
  it('waits', done);
  
  it('fails', done);
})
